"""fallback: static data where there is no value, marked as what it is."""

from typing import Any

from fanin.config.policies import Fallback
from fanin.engine.call import Call, Fetch, Policy
from fanin.engine.outcome import Clock, Outcome
from fanin.errors import NotFound, SourceError


def fallback(settings: Fallback, clock: Clock) -> Policy:
    """Answer with static data where the source fails; that it has no such thing is an answer, and stays.

    Args:
        settings: the data.
        clock: the clock of the request's deadline.
    """

    def policy(fetch: Fetch) -> Fetch:
        async def with_fallback(call: Call) -> Outcome[Any]:
            try:
                return await fetch(call)
            except NotFound:
                raise
            except SourceError as error:
                call.span.note(clock(), "fallback", f"stood in for {error.problem}")
                return Outcome(settings.value, state="fallback")

        return with_fallback

    return policy
