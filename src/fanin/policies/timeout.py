"""timeout: the whole call ends by the wall clock."""

import asyncio
from typing import Any

from fanin.engine.call import Call, Fetch, Policy
from fanin.engine.outcome import Clock, Outcome


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
