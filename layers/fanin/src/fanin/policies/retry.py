"""retry: another attempt where the one before may come to something yet, after a wait, within a budget."""

from typing import Any

from fanin.config.policies import Retry
from fanin.config.units import spelled
from fanin.errors import SourceError
from fanin.outcome import Outcome
from fanin.pipeline import Call, Fetch, Policy, Surroundings
from fanin.policies.budget import Budget


def retry(settings: Retry, budget: Budget, given: Surroundings) -> Policy:
    """Make an attempt again, if there is time before the call's deadline and an attempt left in the budget.

    The wait is random between nothing and a bound that doubles, "full jitter" (AWS Architecture Blog, Exponential
    Backoff And Jitter), behind the one that the source asks for by Retry-After.

    Args:
        settings: how often, and how long to wait.
        budget: the source's budget of retries.
        given: time and chance.
    """

    def policy(fetch: Fetch) -> Fetch:
        async def with_retry(call: Call) -> Outcome[Any]:
            budget.earn()
            for made in range(1, settings.attempts):
                try:
                    return await fetch(call)
                except SourceError as error:
                    if not error.retryable:
                        raise
                    bound = min(settings.cap, settings.base * 2 ** (made - 1))
                    wait = (error.retry_after or 0.0) + given.chance.uniform(0.0, bound)
                    now = given.clock()
                    if now + wait >= call.deadline:
                        call.span.note(now, "retry", f"no time to wait {spelled(wait)} for another attempt")
                        raise
                    if not budget.spend():
                        call.span.note(now, "retry", "no attempt is left in the budget")
                        raise
                    call.span.note(now, "retry", f"waits {spelled(wait)} after {error.problem}")
                await given.sleep(wait)
            return await fetch(call)

        return with_retry

    return policy
