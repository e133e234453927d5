"""rate_limit: attempts wait for their turn, so that a source is asked no more often than it allows."""

from typing import Any

from fanin.config.policies import RateLimit
from fanin.engine.call import Call, Fetch, Policy, Runtime
from fanin.engine.outcome import Outcome
from fanin.errors import SourceError
from fanin.policies.turns import Turns
from fanin.stores.limit import SharedLimit

MAX_HOLD = 3600.0
"""Seconds for which a source can have all its calls held back, whatever it asks for."""


def rate_limit(settings: RateLimit, runtime: Runtime, shared: SharedLimit | None = None) -> Policy:
    """Have each attempt wait for its turn, or refuse it where that would be too late for its call.

    Where the source answers with Retry-After, all its calls wait for that long.

    Args:
        settings: how many attempts within which time.
        runtime: clock and randomness.
        shared: counts the attempts of all environments, if the source wants that; while it does not answer, the
            environment's own line is the only one.
    """
    turns = Turns(settings, runtime, shared if settings.shared else None)

    def policy(fetch: Fetch) -> Fetch:
        async def with_rate_limit(call: Call) -> Outcome[Any]:
            await turns.own(call)
            await turns.of_all(call)
            try:
                return await fetch(call)
            except SourceError as error:
                if error.retry_after:
                    await turns.hold(call, min(error.retry_after, MAX_HOLD))
                raise

        return with_rate_limit

    return policy
