"""timeout: the whole call ends by the wall clock."""

import asyncio
from typing import Any

from fanin.engine.call import Call, Fetch, Policy
from fanin.engine.outcome import Clock, Outcome
from fanin.engine.timeouts import time_allowed, timed_out


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
