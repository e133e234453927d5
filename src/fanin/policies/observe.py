"""The two steps that write down what happens: observe, the outermost, for a call; attempt for each request in it.

attempt is inside of all that may make more than one request.
"""

import asyncio
from dataclasses import replace
from typing import Any

from fanin.engine.call import Call, Fetch, Policy
from fanin.engine.outcome import Attempt, Clock, Outcome
from fanin.errors import CallRefused, SourceError


def observe(clock: Clock) -> Policy:
    """Write down when a call started and ended, turn a SourceError into a failure, and count the attempts made.

    Args:
        clock: the clock of the request's deadline.
    """

    def policy(fetch: Fetch) -> Fetch:
        async def with_observe(call: Call) -> Outcome[Any]:
            span = call.span
            span.started = clock()
            try:
                outcome = await fetch(call)
            except SourceError as error:
                error.attempts = len(span.attempts)
                return Outcome.failed(error)
            finally:
                span.ended = clock()
            made = len(span.attempts)
            return outcome if outcome.attempts == made else replace(outcome, attempts=made)

        return with_observe

    return policy


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
