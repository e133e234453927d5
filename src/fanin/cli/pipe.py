"""The policies of a source as they stand around its fetch, outermost first, and what each is set to."""

from collections.abc import Iterator

from fanin.config import Source
from fanin.config.policies import Cache
from fanin.config.units import spelled


def pipe(source: Source) -> list[tuple[str, str]]:
    """Give each policy by its key in fanin.toml, in the order of `compose/stack.py`, and its settings in words."""
    return [*_around_the_call(source), *_around_each_attempt(source)]


def _around_the_call(source: Source) -> Iterator[tuple[str, str]]:
    if source.fallback:
        yield "fallback", "static data"
    if source.cache:
        yield "cache", _kept(source.cache)
    yield "timeout", spelled(source.timeout) if source.timeout else "the endpoint's"
    if breaker := source.circuit_breaker:
        rate = f"{breaker.failure_rate:.0%} of {breaker.minimum_calls} or more calls in {_written(breaker.window)}"
        yield "circuit_breaker", f"{rate}, then {_written(breaker.open)}, {breaker.probes} to prove it well"
    if source.idempotency_key:
        yield "idempotency_key", "one for all attempts"


def _around_each_attempt(source: Source) -> Iterator[tuple[str, str]]:
    if retry := source.retry:
        wait = spelled(min(retry.cap, retry.base * 2 ** (retry.attempts - 2)))
        yield "retry", f"{retry.attempts} attempts, up to {wait} between, {retry.budget:.0%} of calls"
    if hedge := source.hedge:
        yield "hedge", f"after {spelled(hedge.after)}, {hedge.budget:.0%} of calls"
    if limit := source.rate_limit:
        where = "all environments together" if limit.shared else "each environment"
        yield "rate_limit", f"{limit.calls} in {_written(limit.per)}, {where}"
    if source.attempt_timeout:
        yield "attempt_timeout", spelled(source.attempt_timeout)


def _kept(cache: Cache) -> str:
    fresh = "as long as it says" if cache.fresh is None else _written(cache.fresh)
    stale = "" if cache.stale is None else f", stale {_written(cache.stale)} more"
    return f"fresh {fresh}{stale}"


def _written(length: float) -> str:
    """Write a length of time in the largest unit of fanin.toml that it is a multiple of."""
    for unit, seconds in (("d", 86400), ("h", 3600), ("m", 60)):
        if length >= seconds and length % seconds == 0:
            return f"{length / seconds:.0f} {unit}"
    return spelled(length)
