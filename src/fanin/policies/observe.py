"""observe: the call's times, and its failure as an outcome. Outermost."""

from dataclasses import replace
from typing import Any

from fanin.engine.call import Call, Fetch, Policy
from fanin.engine.outcome import Clock, Outcome
from fanin.errors import SourceError


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
