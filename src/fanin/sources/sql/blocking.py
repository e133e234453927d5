"""A call of a database that blocks: its time, its password, and what its answer means."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fanin.engine.call import Call, Request, Response
from fanin.engine.outcome import Clock, Outcome
from fanin.errors import SourceError
from fanin.sources.bounds import Bounds, bounded
from fanin.sources.meaning import decoded
from fanin.sources.reach import BlockingAuthenticate, BlockingFetch

type BlockingAsk = Callable[[Call], Response]
"""Asks a database by the call's deadline; raises SourceError, and TimeoutError once that is over."""


def blocking_fetch(ask: BlockingAsk, clock: Clock, authenticate: BlockingAuthenticate | None) -> BlockingFetch:
    """Make the fetch of a database.

    Args:
        ask: asks it.
        clock: the clock of the calls' deadlines.
        authenticate: puts the password into a call's request; None if requests go out as they are.
    """

    def answer(call: Call, now: float) -> Response:
        allowed = call.time_allowed(now)
        if allowed <= 0:
            raise call.timed_out(allowed)
        call = replace(call, deadline=now + allowed)
        if call.writes is not None:
            call.writes.admit(call.source)

        def send(request: Request) -> Response:
            return ask(replace(call, request=request))

        try:
            with bounded(Bounds(call.deadline, allowed, clock)):
                return authenticate(call, send) if authenticate else send(call.request)
        except TimeoutError as error:
            raise call.timed_out(allowed) from error

    def fetch(call: Call) -> Outcome[Any]:
        call.span.started = clock()
        try:
            response = answer(call, call.span.started)
            value = decoded(call.source, response, call)
            attempts = 1 + len(call.span.attempts)
            return Outcome(value, attempts=attempts, status=response.status, size=len(response.body))
        except SourceError as error:
            error.attempts += len(call.span.attempts)
            return Outcome.failed(error)
        finally:
            call.span.ended = clock()

    return fetch
