"""retry: another attempt where the one before may come to something yet, after a wait, within a budget."""

from dataclasses import dataclass
from random import Random
from typing import Any

from fanin.config.policies import Retry
from fanin.config.units import spelled
from fanin.engine.call import Call, Fetch, Policy, Runtime
from fanin.engine.outcome import Outcome
from fanin.errors import CallRefused, SourceError
from fanin.policies.budget import Budget


def retry(settings: Retry, budget: Budget, runtime: Runtime) -> Policy:
    """Make an attempt again, if there is time before the call's deadline and an attempt left in the budget.

    The wait is random between nothing and a bound that doubles, "full jitter" (AWS Architecture Blog, Exponential
    Backoff And Jitter), behind the one that the source asks for by Retry-After.

    Args:
        settings: how often, and how long to wait.
        budget: the source's budget of retries.
        runtime: clock and randomness.
    """
    again = _Again(settings, budget, runtime)

    def policy(fetch: Fetch) -> Fetch:
        async def with_retry(call: Call) -> Outcome[Any]:
            budget.earn()
            made, failure = 0, None
            while True:
                made += 1
                try:
                    return await fetch(call)
                except CallRefused as refused:
                    raise failure or refused from None  # what the source did goes before what fanin did not do
                except SourceError as error:
                    if (wait := again.pause(call, error, made)) is None:
                        raise
                    failure = error.settled()
                await runtime.sleep(wait)

        return with_retry

    return policy


def backoff(settings: Retry, made: int, randomness: Random) -> float:
    """Give the seconds to wait behind so many attempts: any from none to a bound that doubles with each."""
    return randomness.uniform(0.0, min(settings.cap, settings.base * 2 ** (made - 1)))


@dataclass(frozen=True, slots=True)
class _Again:
    settings: Retry
    budget: Budget
    runtime: Runtime

    def pause(self, call: Call, error: SourceError, made: int) -> float | None:
        """Give the seconds to wait before another attempt; None where there is to be none."""
        if made == self.settings.attempts or not error.retryable:
            return None
        wait = (error.retry_after or 0.0) + backoff(self.settings, made, self.runtime.randomness)
        now = self.runtime.clock()
        if now + wait >= call.deadline:
            call.span.note(now, "retry", f"no time to wait {spelled(wait)} for another attempt")
            return None
        if not self.budget.spend():
            call.span.note(now, "retry", "no attempt is left in the budget")
            return None
        call.span.note(now, "retry", f"waits {spelled(wait)} after {error.problem}")
        return wait
