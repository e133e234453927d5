"""circuit_breaker: a source that fails too often is left alone for a while, then probed."""

import asyncio
from typing import Any

from fanin.config.policies import CircuitBreaker
from fanin.engine.call import Call, Fetch, Policy
from fanin.engine.outcome import Clock, Outcome
from fanin.errors import CallRefused, CircuitOpen, SourceError
from fanin.policies.breaker import Breaker

_CUT_SHORT = 0.5
"""The share of its source's timeout that a call has to have had for its running out of time to count."""


def circuit_breaker(settings: CircuitBreaker, clock: Clock) -> Policy:
    """Refuse calls while too many of the recent ones have failed.

    What speaks against the source's health counts: no answer in time, none at all, an undecodable one. What fanin
    refuses does not count, nor does a call whose client has gone; anything else is an answer, and counts as one.

    Args:
        settings: when to open, how long, and how to close.
        clock: the clock of the request's deadline.
    """
    breaker = Breaker(settings)

    def policy(fetch: Fetch) -> Fetch:
        async def with_circuit_breaker(call: Call) -> Outcome[Any]:
            began = clock()
            admitted = breaker.admit(began)
            if admitted is None:
                call.span.note(began, "circuit_breaker", f"{breaker.state}: refused the call")
                raise CircuitOpen(call.source.name, f"{call.source.name} failed too often: no calls for a while")
            failed = None
            try:
                outcome = await fetch(call)
                failed = False
                return outcome
            except CallRefused:
                raise
            except SourceError as error:
                failed = error.unhealthy
                raise
            except asyncio.CancelledError:
                failed = _ran_out(call, began, clock()) or None
                raise
            finally:
                before, ended = breaker.state, clock()
                breaker.settle(admitted, ended, failed=failed)
                if breaker.state != before:
                    call.span.note(ended, "circuit_breaker", f"{before}: now {breaker.state}")

        return with_circuit_breaker

    return policy


def _ran_out(call: Call, began: float, now: float) -> bool:
    """Tell whether a cancelled call was out of time, having had some: near the request's deadline it has too little."""
    return now >= call.deadline and call.deadline - began >= _CUT_SHORT * (call.source.timeout or 0.0)
