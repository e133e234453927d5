"""timeout: the whole call ends by the wall clock."""

import asyncio
from typing import Any

from fanin.config.units import spelled
from fanin.engine.call import Call, Fetch, Policy
from fanin.engine.outcome import Clock, Outcome
from fanin.errors import SourceTimeout


def time_allowed(call: Call, now: float) -> float:
    """Give the seconds that a call may take: its source's timeout, or what is left of the request's time."""
    left = max(0.0, call.deadline - now)
    return left if call.source.timeout is None else min(left, call.source.timeout)


def timed_out(call: Call, allowed: float) -> SourceTimeout:
    """Make the error of a call that was not done within the seconds allowed."""
    name = call.source.name
    if allowed <= 0:
        return SourceTimeout(name, f"the request's time was over before {name} could be asked", attempts=0)
    return SourceTimeout(name, f"{name} did not answer within {spelled(allowed)}")


def timeout(clock: Clock) -> Policy:
    """Cancel a call that is not done, attempts and waits included, within its timeout or at the deadline.

    What is inside knows the call's end as its deadline.

    Args:
        clock: the clock of the request's deadline.
    """

    def policy(fetch: Fetch) -> Fetch:
        async def with_timeout(call: Call) -> Outcome[Any]:
            now = clock()
            allowed = time_allowed(call, now)
            if allowed <= 0:
                raise timed_out(call, allowed)
            try:
                async with asyncio.timeout(allowed):
                    return await fetch(call.until(now + allowed))
            except TimeoutError as error:
                raise timed_out(call, allowed) from error

        return with_timeout

    return policy
