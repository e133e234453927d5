"""The last requests of a process, and what its sources came to, as the console tells them; memory is bounded."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

from fanin.config.values import Json
from fanin.engine.invocation import Invocation
from fanin.engine.plan import Plan
from fanin.entrypoints.console.counts import Counts
from fanin.entrypoints.console.guards import Guards, events_of, time_of_day
from fanin.entrypoints.console.trace import Kept
from fanin.observability.kept_lines import KeptLines
from fanin.observability.redact import Redact

MAX_REQUESTS = 100
"""Requests that are kept."""
MAX_RESULTS = 10
"""What one request aggregated, where a handler written by hand read much: the first of it."""
_MAX_PATH = 300


class Recent:
    """What has been served. It is used by one event loop only.

    Args:
        plans: the plan of each endpoint.
        redact: hides what logs may not show.
        now: gives the seconds since 1970.
        lines: what is logged; None where nothing is kept of it.
    """

    def __init__(
        self,
        plans: Mapping[str, Plan],
        redact: Redact,
        now: Callable[[], float] = time.time,
        lines: KeptLines | None = None,
    ) -> None:
        self._plans = plans
        self._redact = redact
        self._now = now
        self._lines = lines
        self._requests: deque[_Request] = deque(maxlen=MAX_REQUESTS)
        self._counts = Counts()
        self._guards = Guards({name: source for plan in plans.values() for name, source in plan.sources.items()})
        self.sees_all = False
        """Whether every request of the deployment is told to it: whether one process serves."""

    def add(self, invocation: Invocation, method: str, path: str, status: int, seconds: float) -> None:
        """Keep a request that has been answered.

        Args:
            invocation: with what was aggregated for it.
            method: the HTTP method.
            path: percent-encoded, without the query: what clients ask for may be personal.
            status: the answer's.
            seconds: how long it took.
        """
        now, plans = self._now(), self._plans
        kept = [Kept.of(result, plans.get(result.goal.name)) for result in invocation.results[:MAX_RESULTS]]
        self._requests.appendleft(_Request(invocation.request_id, now, method, path[:_MAX_PATH], status, seconds, kept))
        for result in invocation.results:
            spans = result.trace.spans
            for outcomes in (result.outcomes, result.asked):
                for name, outcome in outcomes.items():
                    span, error = spans[name], outcome.error
                    if outcome.state != "skipped":
                        self._counts.add(name, error.problem if error else "", outcome.attempts, span.duration)
                    if span.events or span.items:
                        self._guards.read(name, events_of(span), now)

    def told_requests(self) -> Json:
        """Tell the last requests, the last first."""
        return {"requests": [self._told(request) for request in self._requests]}

    def _told(self, request: "_Request") -> dict[str, Json]:
        """Tell a request. What takes long is done here: requests are seldom looked at."""
        kept = request.results
        endpoints: list[Json] = [each.endpoint for each in kept]
        results: list[Json] = [each.told(self._redact) for each in kept]
        lines: list[Json] = [*self._lines.of(request.id)] if self._lines else []
        return {
            "id": request.id,
            "at": time_of_day(request.at),
            "method": request.method,
            "path": self._redact(request.path),
            "status": request.status,
            "duration_ms": round(request.seconds * 1000, 1),
            "complete": all(each.complete for each in kept) if any(each.outcomes for each in kept) else None,
            "endpoints": endpoints,
            "lines": lines,
            "results": results,
        }

    def told_sources(self) -> Json:
        """Tell of each source how often it was called, how long that took, why it failed, and what holds calls back."""
        told: list[Json] = [{**each, **self._guards.told(str(each["name"]))} for each in self._counts.told()]
        return {"sources": told}


class _Request(NamedTuple):
    """A request that was answered, in what `Recent.add` was told of it."""

    id: str
    at: float
    method: str
    path: str
    status: int
    seconds: float
    results: list[Kept]
