"""timeout: the whole call ends by the wall clock. attempt_timeout: one attempt does, so that another still has time."""

import asyncio
from typing import Any

from fanin.config.units import spelled
from fanin.engine.call import Call, Fetch, Policy
from fanin.engine.outcome import Clock, Outcome
from fanin.errors import SourceTimeout


def timeout(clock: Clock) -> Policy:
    """Cancel a call that is not done, attempts and waits included, within its timeout or at the deadline.

    What is inside knows the call's end as its deadline.

    Args:
        clock: the clock of the request's deadline.
    """

    def policy(fetch: Fetch) -> Fetch:
        async def with_timeout(call: Call) -> Outcome[Any]:
            now = clock()
            allowed = call.time_allowed(now)
            if allowed <= 0:
                raise call.timed_out(allowed)
            try:
                async with asyncio.timeout(allowed):
                    return await fetch(call.until(now + allowed))
            except TimeoutError as error:
                raise call.timed_out(allowed) from error

        return with_timeout

    return policy


def attempt_timeout(limit: float, clock: Clock) -> Policy:
    """Cancel an attempt that is not done in time; one that the call's end would cut first is left to that.

    Args:
        limit: seconds of one attempt.
        clock: the clock of the request's deadline.
    """

    def policy(fetch: Fetch) -> Fetch:
        async def with_attempt_timeout(call: Call) -> Outcome[Any]:
            ends = clock() + limit
            if ends >= call.deadline:
                return await fetch(call)
            try:
                async with asyncio.timeout(limit):
                    return await fetch(call.until(ends))
            except TimeoutError as error:
                name = call.source.name
                raise SourceTimeout(name, f"{name} did not answer within {spelled(limit)}") from error

        return with_attempt_timeout

    return policy
