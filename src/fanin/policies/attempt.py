"""attempt: each request to the source, written down. Inside all that may make more than one."""

import asyncio
from typing import Any

from fanin.engine.call import Call, Fetch, Policy
from fanin.engine.outcome import Attempt, Clock, Outcome
from fanin.errors import CallRefused, SourceError


def attempt(clock: Clock) -> Policy:
    """Write down when an attempt started and ended, and what it came to; one that fanin refuses is none.

    Args:
        clock: the clock of the request's deadline.
    """

    def policy(fetch: Fetch) -> Fetch:
        async def with_attempt(call: Call) -> Outcome[Any]:
            attempts = call.span.attempts
            attempts.append(made := Attempt(clock()))
            try:
                outcome = await fetch(call)
                made.result = "value"
                return outcome
            except CallRefused:
                attempts.remove(made)
                raise
            except SourceError as error:
                made.result = error.problem
                raise
            except asyncio.CancelledError:
                made.result = "cancelled"
                raise
            finally:
                made.ended = clock()

        return with_attempt

    return policy
