"""What the front door has seen of requests, for the console: no function sees the requests of the others.

Functions tell the front door what happened in their requests. Of an answer of something else the headers say what each
source came to and how long it took, not when it began: its bar begins at 0.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from fanin.config import Config, Endpoint
from fanin.config.values import Json
from fanin.engine.plan import Plan
from fanin.engine.worst_case import critical_of
from fanin.entrypoints.console.counts import Counts
from fanin.entrypoints.console.guards import Guards, events_told
from fanin.entrypoints.console.last import MAX_PATH, Last, Line
from fanin.entrypoints.console.recent import requests_told
from fanin.local.process import served_line
from fanin.local.process.served_line import Drawn
from fanin.observability.redact import Redact, redactor

_CONSOLE: Final = "/console/"
_PLAN, _RECENT, _SOURCES = f"{_CONSOLE}plan", f"{_CONSOLE}recent", f"{_CONSOLE}sources"
_OWN: Final = frozenset({_PLAN, _RECENT, _SOURCES})
_VALUES: Final = frozenset({"fresh", "stale", "fallback", "partial", "skipped"})
_COMPLETE: Final[Mapping[str, bool]] = {"?1": True, "?0": False}


class Answered(NamedTuple):
    """A request that has been answered.

    Args:
        method: the HTTP method.
        path: percent-encoded, without the query.
        status: the answer's.
        seconds: how long it took.
    """

    method: str
    path: str
    status: int
    seconds: float

    def as_made(self, trace: Mapping[str, Any] | None) -> "Answered":
        """Give it, or the request that the console's page had made by it, as the function has told."""
        made = trace.get("by_page") if trace else None
        return Answered(made["method"], made["path"], made["status"] or self.status, self.seconds) if made else self


class Seen:
    """The last requests, and what their sources came to. It is used by one event loop only, `configure` excepted.

    Args:
        redact: hides what logs may not show.
        now: gives the seconds since 1970.
    """

    def __init__(self, redact: Redact | None = None, now: Callable[[], float] = time.time) -> None:
        self._redact = redact or redactor()
        self._now = now
        self._last = Last[tuple[Line, dict[str, Json]]](now())
        self._counts = Counts()
        self._guards = Guards({})
        self._endpoints: Mapping[str, Endpoint] = {}
        self._plans: Mapping[str, Plan] = {}

    def configure(self, config: Config) -> None:
        """Know what is served from here on. Functions have started anew with it, and so have breakers and limits."""
        self._endpoints = config.endpoints
        self._plans = {name: Plan.of(endpoint, config.sources) for name, endpoint in config.endpoints.items()}
        self._guards = Guards(config.sources)

    def add(
        self, request: "Answered", headers: Mapping[str, str], trace: Mapping[str, Any] | None
    ) -> tuple[Sequence[Drawn], bool | None]:
        """Keep a request that has been answered; gives its calls, and whether its answer is complete, if that is known.

        Args:
            request: the request.
            headers: the answer's, names in lower case.
            trace: what the function has told of it; None if it has told nothing.
        """
        now, path = self._now(), request.path
        told = trace or {"endpoints": self._of_path(path), "results": [], "lines": []}
        results: list[dict[str, Any]] = told["results"]
        calls = list(served_line.calls_told(results) if trace else served_line.calls_in(headers))
        for call in calls:
            if call.state != "skipped" and not call.made:
                self._counts.add(call.name, "" if call.state in _VALUES else call.state, call.attempts, call.seconds)
        for name, result in zip(told["endpoints"], results, strict=False):
            result["critical"] = self._chain(name, path, result["spans"])
            for source, span in result["spans"].items():
                self._guards.read(source, events_told(span), now)
        complete = _COMPLETE.get(headers.get("fanin-complete", ""))
        if complete is None and any(result["outcomes"] for result in results):  # a stream says it at its end
            complete = all(result["complete"] for result in results)
        sources: list[Json] = [call.name for call in calls]
        shown = path[:MAX_PATH]
        endpoints, by_page = told["endpoints"], "by_page" in told
        line = Line(now, request.method, shown, request.status, request.seconds, complete, endpoints, sources, by_page)
        if not results and calls:
            results = [_result(calls, request.seconds, complete=complete)]
        self._last.add(headers.get("x-request-id", ""), (line, {"results": [*results], "lines": told["lines"]}))
        return calls, complete

    def told_requests(self, since: int) -> Json:
        """Tell the requests since a number, as `Recent` does."""

        def told(number: int, about: str, kept: tuple[Line, dict[str, Json]]) -> Json:
            line = kept[0]
            return line._replace(path=self._redact(line.path)).told(number, about)

        return self._last.told(since, told)

    def told_request(self, request: str) -> Json:
        """Tell what happened in a request, as `Recent` does."""
        kept = self._last.of(request)
        return kept[1] if kept else {"results": [], "lines": []}

    def told(self, path: str, query: Mapping[str, str], body: bytes) -> bytes:
        """Put what was seen into what a function answered for the console, which it has let in.

        Args:
            path: what was asked for, one that `tells` is true of.
            query: likewise.
            body: the function's answer.
        """
        if path == _PLAN:
            return orjson.dumps({**orjson.loads(body), "more": ["recent", "sources"]})
        if path == _RECENT:
            return orjson.dumps(requests_told(self, query))
        sources = [{**each, **self._guards.told(str(each["name"]))} for each in self._counts.told()]
        return orjson.dumps({"sources": sources})

    def _of_path(self, path: str) -> list[str]:
        """Name the endpoints that a path may be of: a model's prefix may stand before an endpoint's path."""
        segments = path.split("/")
        return [name for name, each in self._endpoints.items() if _ends_with(segments, each.path.split("/"))]

    def _chain(self, endpoint: str, path: str, spans: Mapping[str, Any]) -> list[str]:
        """Give the chain of calls that decided how long a request took.

        Below the prefix of another model calls may have run one after another: then none is told.
        """
        known = self._endpoints.get(endpoint)
        if known is None or not (path.startswith(_CONSOLE) or path.count("/") == known.path.count("/")):
            return []
        times = {name: (span["started"], span["ended"]) for name, span in spans.items() if span["started"] is not None}
        ends = {name: began if ended is None else ended for name, (began, ended) in times.items()}
        return critical_of(ends, self._plans[endpoint])


def tells(path: str) -> bool:
    """Tell whether the console reads at a path what the front door has seen."""
    return path in _OWN


def _ends_with(segments: list[str], parts: list[str]) -> bool:
    last = segments[-len(parts) + 1 :]
    return len(last) == len(parts) - 1 and all(
        part == segment or "{" in part for part, segment in zip(parts[1:], last, strict=True)
    )


def _result(calls: Sequence[Drawn], seconds: float, *, complete: bool | None) -> dict[str, Any]:
    """Tell what headers say of a request's calls as a trace would be told."""
    return {
        "duration_ms": round(seconds * 1000, 1),
        "complete": complete,
        "critical": [],
        "spans": {call.name: _span(call) for call in calls},
        "outcomes": {
            call.name: {"state": call.state, "attempts": call.attempts, "failed": call.state not in _VALUES}
            for call in calls
        },
    }


def _span(call: Drawn) -> Json:
    times: dict[str, Json] = {"started": 0.0, "ended": round(call.seconds * 1000, 1)}
    attempts: list[Json] = [{**times, "result": ""}] if call.attempts else []
    return {"ready": 0.0, **times, "attempts": attempts, "events": []}
