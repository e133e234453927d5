"""The pipeline of a source: its policies around its fetch, in their order."""

from fanin.config import Source
from fanin.engine.call import Fetch, Surroundings, pipeline
from fanin.policies.attempt import attempt
from fanin.policies.attempt_timeout import attempt_timeout
from fanin.policies.budget import Budget
from fanin.policies.cache.policy import Caching, cache, renewal
from fanin.policies.circuit_breaker import circuit_breaker
from fanin.policies.decode import decode
from fanin.policies.fallback import fallback
from fanin.policies.hedge import hedge
from fanin.policies.idempotency_key import idempotency_key
from fanin.policies.observe import observe
from fanin.policies.rate_limit import rate_limit
from fanin.policies.retry import retry
from fanin.policies.timeout import timeout
from fanin.stores.limit import SharedLimit


def stack(  # noqa: PLR0913 - what policies are given
    source: Source,
    fetch: Fetch,
    given: Surroundings,
    caching: Caching | None = None,
    limits: SharedLimit | None = None,
    *,
    renewing: bool = False,
) -> Fetch:
    """Wrap a source's fetch in its policies, outermost first, and make what they remember.

    What they remember lives as long as the pipeline: one for each source of an environment of a function.

    Args:
        source: whose policies, each where the source configures it.
        fetch: the innermost step.
        given: time and chance.
        caching: where answers are kept; None where none are.
        limits: counts the calls of all environments; None where each counts its own.
        renewing: whether to ask for what is stale, rather than answer with it.
    """
    keep, warm = (renewal, None) if renewing else (cache, caching.keep_warm if caching else None)
    clock = given.clock
    spare = Budget(source.retry.budget) if source.retry else None
    return pipeline(
        fetch,
        [
            observe(clock),
            fallback(source.fallback, clock) if source.fallback else None,
            warm(source) if source.refresh and warm else None,
            keep(caching) if source.cache and caching else None,
            timeout(clock),
            circuit_breaker(source.circuit_breaker, clock) if source.circuit_breaker else None,
            idempotency_key(given.chance) if source.idempotency_key else None,
            retry(source.retry, spare, given) if source.retry and spare else None,
            hedge(source.hedge, Budget(source.hedge.budget, within=spare), clock) if source.hedge else None,
            rate_limit(source.rate_limit, given, limits) if source.rate_limit else None,
            attempt(clock),
            attempt_timeout(source.attempt_timeout, clock) if source.attempt_timeout else None,
            decode,
        ],
    )
