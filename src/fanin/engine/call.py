"""What a pipeline is made of: calls, fetches, policies, and what policies are given from outside."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import field, replace
from random import Random, SystemRandom
from typing import Any, Protocol

from fanin.config import Source
from fanin.config.record import record
from fanin.config.request import Open, Request
from fanin.config.template import Values
from fanin.config.units import spelled
from fanin.config.values import Json
from fanin.engine.clock import steady
from fanin.engine.footprint import Room
from fanin.engine.outcome import Clock, Outcome, Span
from fanin.engine.trace_context import TraceContext
from fanin.errors import SourceError, SourceTimeout

__all__ = [
    "NO_CONTENT",
    "Call",
    "Fetch",
    "InPart",
    "NoContent",
    "NotModified",
    "Open",
    "Policy",
    "Request",
    "Response",
    "Runtime",
    "Sleep",
    "pipeline",
]


class NotModified:
    """A source's word that an answer from before still holds, in the place of a value."""


class NoContent:
    """A source's word that its answer has no content, in the place of a value: the value is null, and nothing fails."""


NO_CONTENT = NoContent()


@record
class InPart:
    """A value a part of which is missing, and why, in the place of a value."""

    value: Json
    error: SourceError


@record
class Response:
    """What came back, whole.

    Args:
        status: the HTTP status.
        headers: names in lower case; a repeated header's values joined by a comma.
        body: the body without its content coding.
        url: where it came from, if redirects led there.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""


class Admission(Protocol):
    """Says which writes may begin."""

    def admit(self, source: Source) -> None:
        """Pass a write of a source, or raise a `CallRefused`."""
        ...

    def keyed(self, source: Source, request: Request) -> Request:
        """Give a request with the idempotency key that is derived for it."""
        ...


@record
class Call:
    """One read of one source for one request.

    Args:
        source: what is read.
        request: how.
        deadline: the moment, in the clock's seconds, at which its time is over: the request's; behind `timeout` the
            call's, and behind `attempt_timeout` the attempt's.
        span: where the call's times are written down.
        forwarded: those of the request's headers that were the client's, and are handed on.
        values: what stood for the source's references.
        trace_context: the trace to pass on with each attempt; None where the source does not ask for it.
        document: what the source's expression is evaluated on; None for a source that makes a call.
        writes: says whether a write may begin; None of a read.
        item: the place in the list of the item that it is for, or of the first of a batch; None without `for_each`.
        room: what is left of the source's `max_bytes` to this and other calls; None if it has all of it.
    """

    source: Source
    request: Request
    deadline: float
    span: Span
    forwarded: tuple[tuple[str, str], ...] = ()
    values: Values = field(default_factory=dict)
    trace_context: TraceContext | None = None
    document: Json = None
    item: int | None = None
    room: Room | None = None
    writes: "Admission | None" = None

    def time_allowed(self, now: float) -> float:
        """Give the seconds that the call may take: its source's timeout, or what is left of the request's time."""
        left = max(0.0, self.deadline - now)
        return left if self.source.timeout is None else min(left, self.source.timeout)

    def timed_out(self, allowed: float) -> SourceTimeout:
        """Make the error of a call that was not done within the seconds allowed."""
        name = self.source.name
        if allowed <= 0 and self.item is not None:
            detail = f"the time of {name} was over before it could be asked for this item"
            return SourceTimeout(name, detail, attempts=0)
        if allowed <= 0:
            return SourceTimeout(name, f"the request's time was over before {name} could be asked", attempts=0)
        return SourceTimeout(name, f"{name} did not answer within {spelled(allowed)}")

    def traced(self) -> Request:
        """Give the request with the trace that it belongs to, if its source asks for it: each attempt has its own id.

        Only the fetch asks for it, so that no cache takes two requests for different ones.

        Raises:
            DependencyFailed: it is a write that may not begin any more.
        """
        if self.writes is not None:
            self.writes.admit(self.source)
        if self.trace_context is None:
            return self.request
        span_id = self.trace_context.span_id()
        if self.span.attempts:
            self.span.attempts[-1].span_id = span_id
        return replace(self.request, headers=(*self.request.headers, *self.trace_context.headers(span_id)))

    def until(self, deadline: float) -> "Call":
        """Give the same call with another deadline; `dataclasses.replace` would take several times as long."""
        return Call(
            self.source,
            self.request,
            deadline,
            self.span,
            self.forwarded,
            self.values,
            self.trace_context,
            self.document,
            self.item,
            self.room,
            self.writes,
        )


type Fetch = Callable[[Call], Awaitable[Outcome[Any]]]
"""Makes a call. It gives a value, or raises a SourceError; behind `observe`, it gives the failure as an outcome."""

type Policy = Callable[[Fetch], Fetch]
"""Wraps a fetch."""


type Sleep = Callable[[float], Awaitable[None]]
"""Lets seconds pass."""


@record
class Runtime:
    """The clock and the randomness that everything below runs by.

    Args:
        clock: the clock of all deadlines.
        now: the time of day, in seconds since 1970; for what outlives an environment or comes from outside.
        sleep: waits, by `clock`.
        randomness: randomness; the system's, since environments restored from one snapshot share any other's state.
    """

    clock: Clock = steady
    now: Clock = time.time
    sleep: Sleep = asyncio.sleep
    randomness: Random = field(default_factory=SystemRandom)


def pipeline(fetch: Fetch, policies: Iterable[Policy | None]) -> Fetch:
    """Wrap a fetch in policies.

    Args:
        fetch: the innermost step.
        policies: outermost first; None stands for one that the source does not configure.
    """
    for policy in reversed([policy for policy in policies if policy]):
        fetch = policy(fetch)
    return fetch
