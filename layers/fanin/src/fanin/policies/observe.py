"""observe: the call's times, and its failure as an outcome. Outermost."""

from typing import Any

from fanin.errors import SourceError
from fanin.outcome import Clock, Outcome
from fanin.pipeline import Call, Fetch, Policy


def observe(clock: Clock) -> Policy:
    """Write down when a call started and ended, and turn a SourceError into a failure.

    Args:
        clock: the clock of the request's deadline.
    """

    def policy(fetch: Fetch) -> Fetch:
        async def with_observe(call: Call) -> Outcome[Any]:
            call.span.started = clock()
            try:
                return await fetch(call)
            except SourceError as error:
                return Outcome.failed(error)
            finally:
                call.span.ended = clock()

        return with_observe

    return policy
