"""The last requests of a process, and what its sources came to, as the console tells them; memory is bounded."""

import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple, Protocol

from fanin.config.values import Json
from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Outcome, Span
from fanin.engine.plan import Plan
from fanin.entrypoints.console.counts import Counts
from fanin.entrypoints.console.guards import Guards, events_of
from fanin.entrypoints.console.last import MAX_PATH, MAX_REQUESTS, Last, Line
from fanin.entrypoints.console.trace import Kept, is_made
from fanin.observability.kept_lines import KeptLines
from fanin.observability.redact import Redact

MAX_RESULTS = 10
"""What one request aggregated, where a handler written by hand read much: the first of it."""
_DIGITS = 18
"""More than any number has."""


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
        self._path = lru_cache(MAX_REQUESTS)(redact)
        self._now = now
        self._lines = lines
        self._last = Last[_Request](now())
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
        by_page = bool(invocation.by_page)
        self._last.add(invocation.request_id, _Request(now, method, path[:MAX_PATH], status, seconds, kept, by_page))
        for result in invocation.results:
            self._count(result.outcomes, result.trace.spans, now)
            if result.asked:
                self._count(result.asked, result.trace.spans, now)

    def _count(self, outcomes: Mapping[str, Outcome[Json]], spans: Mapping[str, Span], now: float) -> None:
        for name, outcome in outcomes.items():
            span, error = spans[name], outcome.error
            if outcome.attempts or not (outcome.state == "skipped" or is_made(outcome)):
                self._counts.add(name, error.problem if error else "", outcome.attempts, span.duration)
            if span.events or span.items:
                self._guards.read(name, events_of(span), now)

    def told_requests(self, since: int = 0) -> Json:
        """Tell the last requests, the last first; those since a number that it has told as `last`."""
        return self._last.told(since, self._told)

    def told_request(self, request: str) -> Json:
        """Tell what happened in a request, by its id, and what was logged of it; nothing if it is not kept any more."""
        kept = self._last.of(request)
        results: list[Json] = [each.told(self._redact) for each in kept.results] if kept else []
        lines: list[Json] = [*self._lines.of(request)] if self._lines else []
        return {"results": results, "lines": lines}

    def _told(self, number: int, about: str, request: "_Request") -> Json:
        """Tell of a request what stands in a list. What takes long is told of the one that is opened."""
        kept = request.results
        endpoints: list[Json] = [each.endpoint for each in kept]
        sources: list[Json] = [name for each in kept for name in each.outcomes]
        complete = all([each.complete for each in kept]) if sources else None  # noqa: C419 - a list is made sooner
        at, method, path, status, seconds, _, by_page = request
        line = Line(at, method, self._path(path), status, seconds, complete, endpoints, sources, by_page)
        return line.told(number, about)

    def told_sources(self) -> Json:
        """Tell of each source how often it was called, how long that took, why it failed, and what holds calls back."""
        told: list[Json] = [{**each, **self._guards.told(str(each["name"]))} for each in self._counts.told()]
        return {"sources": told}


class _Request(NamedTuple):
    """A request that was answered, in what `Recent.add` was told of it."""

    at: float
    method: str
    path: str
    status: int
    seconds: float
    results: list[Kept]
    by_page: bool


class Told(Protocol):
    """What can tell of requests."""

    def told_requests(self, since: int) -> Json:
        """Tell the requests since a number."""
        ...

    def told_request(self, request: str) -> Json:
        """Tell of one request, by its id."""
        ...


def requests_told(told: Told, query: Mapping[str, str]) -> Json:
    """Tell what a page asks for: the requests since the one that it knows, or what happened in one.

    Args:
        told: tells it.
        query: `since`, a number, or `id`.
    """
    if "id" in query:
        return told.told_request(query["id"])
    since = query.get("since", "")
    return told.told_requests(int(since) if since.isascii() and since.isdecimal() and len(since) < _DIGITS else 0)
