"""fallback: static data where there is no value, marked as what it is."""

from typing import Any

from fanin.config import Source
from fanin.config.policies import Fallback
from fanin.engine.call import Call, Fetch, Policy
from fanin.engine.outcome import Clock, Outcome
from fanin.engine.shape import failure_of
from fanin.errors import NotFound, SourceError


def fallback(settings: Fallback, clock: Clock) -> Policy:
    """Answer with static data where the source fails, or its answer has no value in it.

    That it has no such thing is an answer, and stays.

    Args:
        settings: the data.
        clock: the clock of the request's deadline.
    """

    def policy(fetch: Fetch) -> Fetch:
        async def with_fallback(call: Call) -> Outcome[Any]:
            try:
                outcome = await fetch(call)
            except NotFound:
                raise
            except SourceError as error:
                return stood_in(call, error)
            failure = failure_of(call.source, outcome.value) if _may_refuse(call.source) else None
            return outcome if failure is None or isinstance(failure, NotFound) else stood_in(call, failure)

        def stood_in(call: Call, failure: SourceError) -> Outcome[Any]:
            call.span.note(clock(), "fallback", f"stood in for {failure.problem}")
            return Outcome(settings.value, state="fallback")

        return with_fallback

    return policy


def _may_refuse(source: Source) -> bool:
    """Whether an answer that was decoded may have no value; of one that any value will do for, none is parsed."""
    return any((source.pick, source.pick_response, source.pages, source.batch, source.expect))
