"""What the front door has seen of requests, for the console: no function sees the requests of the others.

The answers' headers say what each source came to and how long it took, not when it began: its bar begins at 0.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from fanin.config.values import Json
from fanin.entrypoints.console.counts import Counts
from fanin.entrypoints.console.recent import MAX_REQUESTS
from fanin.local.process import served_line
from fanin.local.process.served_line import Drawn
from fanin.observability.redact import Redact, redactor

_CONSOLE: Final = "/console/"
_PLAN, _RECENT, _SOURCES = f"{_CONSOLE}plan", f"{_CONSOLE}recent", f"{_CONSOLE}sources"
_OWN: Final = frozenset({_PLAN, _RECENT, _SOURCES})
_VALUES: Final = frozenset({"fresh", "stale", "fallback", "partial", "skipped"})
_COMPLETE: Final[Mapping[str, bool]] = {"?1": True, "?0": False}
_MAX_PATH: Final = 300


class Seen:
    """The last requests, and what their sources came to. It is used by one event loop only.

    Args:
        redact: hides what logs may not show.
        now: gives the seconds since 1970.
    """

    def __init__(self, redact: Redact | None = None, now: Callable[[], float] = time.time) -> None:
        self._redact = redact or redactor()
        self._now = now
        self._requests: deque[dict[str, Json]] = deque(maxlen=MAX_REQUESTS)
        self._counts = Counts()
        self._paths: list[tuple[str, list[str]]] = []

    def add(self, method: str, path: str, status: int, seconds: float, headers: Mapping[str, str]) -> None:
        """Keep a request that has been answered.

        Args:
            method: the HTTP method.
            path: percent-encoded, without the query.
            status: the answer's.
            seconds: how long it took.
            headers: the answer's, names in lower case.
        """
        calls = list(served_line.calls_in(headers))
        for call in calls:
            if call.state != "skipped":
                self._counts.add(call.name, "" if call.state in _VALUES else call.state, call.attempts, call.seconds)
        complete = _COMPLETE.get(headers.get("fanin-complete", ""))
        result: dict[str, Json] = {
            "duration_ms": round(seconds * 1000, 1),
            "complete": complete,
            "critical": [],
            "spans": {call.name: _span(call) for call in calls},
            "outcomes": {
                call.name: {"state": call.state, "attempts": call.attempts, "failed": call.state not in _VALUES}
                for call in calls
            },
        }
        self._requests.appendleft(
            {
                "id": headers.get("x-request-id", ""),
                "at": time.strftime("%H:%M:%S", time.localtime(self._now())),
                "method": method,
                "path": path[:_MAX_PATH],
                "status": status,
                "duration_ms": round(seconds * 1000, 1),
                "complete": complete,
                "results": [result] if calls else [],
            }
        )

    def told(self, path: str, body: bytes) -> bytes:
        """Put what was seen into what a function answered for the console, which it has let in.

        Args:
            path: what was asked for, one that `tells` is true of.
            body: the function's answer.
        """
        if path == _PLAN:
            plan: dict[str, Any] = orjson.loads(body)
            self._paths = [(each["name"], each["path"].split("/")) for each in plan["endpoints"]]
            return orjson.dumps({**plan, "more": ["recent", "sources"]})
        if path == _RECENT:
            return orjson.dumps({"requests": [self._told(request) for request in self._requests]})
        return orjson.dumps({"sources": [{**each, "breaker": None, "limit": None} for each in self._counts.told()]})

    def _told(self, request: dict[str, Json]) -> dict[str, Json]:
        path = str(request["path"])
        segments = path.split("/")
        # A model's prefix may stand before an endpoint's path.
        endpoints: list[Json] = [name for name, parts in self._paths if _ends_with(segments, parts)]
        return {**request, "path": self._redact(path), "endpoints": endpoints}


def tells(path: str) -> bool:
    """Tell whether the console reads at a path what the front door has seen."""
    return path in _OWN


def _ends_with(segments: list[str], parts: list[str]) -> bool:
    last = segments[-len(parts) + 1 :]
    return len(last) == len(parts) - 1 and all(
        part == segment or "{" in part for part, segment in zip(parts[1:], last, strict=True)
    )


def _span(call: Drawn) -> Json:
    times: dict[str, Json] = {"started": 0.0, "ended": round(call.seconds * 1000, 1)}
    attempts: list[Json] = [{**times, "result": ""}] if call.attempts else []
    return {"ready": 0.0, **times, "attempts": attempts, "events": []}
