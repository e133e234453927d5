"""hedge: a second attempt beside one that is slow; the first answer counts."""

import asyncio
from typing import Any

from fanin.config.policies import Hedge
from fanin.config.units import spelled
from fanin.engine.call import Call, Fetch, Policy
from fanin.engine.outcome import Clock, Outcome
from fanin.errors import SourceError
from fanin.policies.budget import Budget
from fanin.policies.second_attempt import Attempted, SecondAttempt, answers


def hedge(settings: Hedge, budget: Budget, clock: Clock) -> Policy:
    """Make a second attempt where the first has not come to anything for a while, and one is left in the budget.

    The first value is the call's, and that there is no such thing is an answer too. Where both fail, the failure is
    the first attempt's. The other attempt is cancelled, and has ended when the call does.

    Args:
        settings: how long to wait.
        budget: the source's budget of second attempts.
        clock: the clock of the request's deadline.
    """

    def policy(fetch: Fetch) -> Fetch:
        def begin(call: Call) -> Attempted | None:
            asked = any(attempt.ended is None for attempt in call.span.attempts)
            if not asked or not budget.spend():  # not asked: it waits for its turn, and another would wait behind it
                return None
            call.span.note(clock(), "hedge", f"a second attempt after {spelled(settings.after)}")
            return asyncio.ensure_future(fetch(call))

        async def with_hedge(call: Call) -> Outcome[Any]:
            if not call.span.attempts:
                budget.earn()
            second = SecondAttempt(settings.after, lambda: begin(call))
            try:
                return await fetch(call)
            except asyncio.CancelledError:
                if second.overtook():
                    return second.outcome()
                raise
            except SourceError as failure:
                if answers(failure):
                    raise
                return await second.instead_of(failure)
            finally:
                await second.end()

        return with_hedge

    return policy
