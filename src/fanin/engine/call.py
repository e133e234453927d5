"""What a pipeline is made of: calls and their requests, fetches, policies, and what policies are given from outside."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random, SystemRandom
from typing import Any

import orjson

from fanin.config import Source
from fanin.config.template import Reference, Refused, Scalar, Values
from fanin.engine.outcome import Clock, Outcome, Span
from fanin.engine.trace_context import TraceContext
from fanin.errors import ValueRefused


@dataclass(frozen=True, slots=True)
class Request:
    """What goes over the wire for a call.

    Args:
        method: GET or POST.
        url: the whole URL, percent-encoded.
        headers: the source's own headers.
        body: JSON, encoded; None without one.
        validators: headers that ask whether an answer from before still holds (RFC 9110, section 13.1).
        open: puts secrets' values where the request has the references to them; None where it has none. What policies
            see, keep and write down is the request with the references; only what goes over the wire has the values.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    validators: tuple[tuple[str, str], ...] = ()
    open: "Open | None" = field(default=None, compare=False, repr=False)


type Open = Callable[[Request, Values], Request]
"""Gives a request with secrets' values in place of the references to them; headers that were added to it stay."""


def request_of(source: Source, values: Values, forwarded: tuple[tuple[str, str], ...] = ()) -> Request:
    """Make the request of a source.

    Where secrets belong it has the references to them, as they are written; `Request.open` puts the values there.

    Args:
        source: what is asked.
        values: what stands for its references to parameters and to other sources' fields.
        forwarded: the client's headers that are handed on.

    Raises:
        ValueRefused: a value may not stand where a reference puts it.
    """
    if not source.sealed:
        return _expanded(source, values, forwarded)
    sealed = _expanded(source, {**values, **{secret: str(secret) for secret in source.sealed}}, forwarded)
    return replace(sealed, open=partial(_opened, source, values))


def _opened(source: Source, values: Values, sealed: Request, secrets: Values) -> Request:
    opened = _expanded(source, {**values, **secrets})
    added = tuple((name, value) for name, value in sealed.headers if name not in source.headers)
    return replace(sealed, url=opened.url, headers=(*opened.headers, *added), body=opened.body, open=None)


def _expanded(source: Source, values: Values, forwarded: tuple[tuple[str, str], ...] = ()) -> Request:
    try:
        own = tuple([(name, header.expand(values)) for name, header in source.headers.items()])
        return Request(
            method=source.method,
            url=source.url.expand(values),
            headers=(*own, *forwarded),
            body=orjson.dumps(source.body.expand(values)) if source.body else None,
        )
    except Refused as refused:
        raise ValueRefused(source.name, str(refused)) from refused


class NotModified:
    """A source's word that an answer from before still holds, in the place of a value."""


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, whole.

    Args:
        status: the HTTP status.
        headers: names in lower case; a repeated header's values joined by a comma.
        body: the body without its content coding.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
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
    """

    source: Source
    request: Request
    deadline: float
    span: Span
    forwarded: tuple[tuple[str, str], ...] = ()
    values: Mapping[Reference, Scalar] = field(default_factory=dict)
    trace_context: TraceContext | None = None

    def until(self, deadline: float) -> "Call":
        """Give the same call with another deadline; `dataclasses.replace` would take several times as long."""
        return Call(self.source, self.request, deadline, self.span, self.forwarded, self.values, self.trace_context)


type Fetch = Callable[[Call], Awaitable[Outcome[Any]]]
"""Makes a call. It gives a value, or raises a SourceError; behind `observe`, it gives the failure as an outcome."""

type Policy = Callable[[Fetch], Fetch]
"""Wraps a fetch."""


type Sleep = Callable[[float], Awaitable[None]]
"""Lets seconds pass."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Time and chance, as policies are given them.

    Args:
        clock: the clock of all deadlines.
        wall: the time of day, in seconds since 1970; for what outlives an environment or comes from outside.
        sleep: waits, by `clock`.
        chance: randomness; the system's, since environments restored from one snapshot share any other's state.
    """

    clock: Clock = time.monotonic
    wall: Clock = time.time
    sleep: Sleep = asyncio.sleep
    chance: Random = field(default_factory=SystemRandom)


def pipeline(fetch: Fetch, policies: Iterable[Policy | None]) -> Fetch:
    """Wrap a fetch in policies.

    Args:
        fetch: the innermost step.
        policies: outermost first; None stands for one that the source does not configure.
    """
    for policy in reversed([policy for policy in policies if policy]):
        fetch = policy(fetch)
    return fetch
