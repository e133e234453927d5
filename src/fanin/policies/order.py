"""The steps of a source's pipeline, outermost first: the one list that composition, `fanin explain` and the docs read.

A step says when a source has it, how it is built, what it is set to, and what it does. To add one: write its policy in
a file of this folder, and its entry here, at its place.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from fanin.config import Source
from fanin.config.units import spelled
from fanin.engine.call import Fetch, Policy, pipeline
from fanin.policies.observe import attempt, observe
from fanin.policies.steps import Building, Set, Shared, Step
from fanin.policies.timeout import attempt_timeout, timeout
from fanin.sources.meaning import decode

# ruff: noqa: PLC0415 - a policy is imported for a file that has it, and delays no other cold start

if TYPE_CHECKING:
    from fanin.config.policies import Described

_NO_OTHERS: Mapping[str, Source] = MappingProxyType({})


def steps_of(source: Source) -> list[Set]:
    """Give the steps of a source's pipeline, outermost first, each with its settings; `fetch` is the last.

    A source in whose place others are asked has none.
    """
    if source.alternatives:
        return []
    return [Set(step, settings) for step in STEPS if (settings := step.settings(source)) is not None]


def pipeline_of(  # noqa: PLR0913 - what a pipeline is built from
    source: Source,
    fetch: Fetch,
    shared: Shared,
    *,
    blocking: bool = False,
    common: dict[tuple[str, str], Policy] | None = None,
    sources: Mapping[str, Source] = _NO_OTHERS,
) -> Fetch:
    """Wrap a source's fetch in its steps, and make what they remember.

    What they remember lives as long as the pipeline: one for each source of an environment of a function.

    Args:
        source: whose steps.
        fetch: the innermost step.
        shared: what the environment has.
        blocking: whether to take only the steps that the execution models without an event loop have.
        common: takes the policies that the sources of an upstream share; those made with the same one share them.
        sources: all sources, by name.
    """
    building = Building(source, shared, {} if common is None else common, sources)
    steps = [step for step, _ in steps_of(source) if step.blocking or not blocking]
    return pipeline(fetch, [step.build(building) for step in steps])


def pipelines_of(
    sources: Mapping[str, Source], fetches: Mapping[str, Fetch], shared: Shared, *, blocking: bool = False
) -> dict[str, Fetch]:
    """Make the pipeline of each source that has a fetch, by its name; otherwise as `pipeline_of`."""
    common: dict[tuple[str, str], Policy] = {}
    return {
        name: pipeline_of(sources[name], fetch, shared, blocking=blocking, common=common, sources=sources)
        for name, fetch in fetches.items()
    }


def _always(_: Source) -> str:
    return ""


def _refresh(building: Building) -> Policy | None:
    caching, source = building.shared.caching, building.source
    if building.shared.renewing or not caching or not caching.keep_warm:
        return None
    return caching.keep_warm(source)


def _cache(building: Building) -> Policy | None:
    caching = building.shared.caching
    if not caching:
        return None
    from fanin.policies.cache.policy import cache, renewal

    if building.shared.renewing:
        return renewal(caching)
    invalidated = any(building.source.name in source.invalidates for source in building.sources.values())
    return cache(caching, invalidated=invalidated)


def _invalidates(building: Building) -> Policy | None:
    from fanin.policies.invalidates import invalidates

    caching = building.shared.caching
    others = [building.sources[name] for name in building.source.invalidates if name in building.sources]
    return invalidates(others, caching) if caching and others else None


def _circuit_breaker(building: Building) -> Policy:
    from fanin.policies.circuit_breaker import circuit_breaker

    settings = building.source.circuit_breaker
    assert settings
    return building.shared_by_upstream(
        "circuit_breaker", lambda: circuit_breaker(settings, building.shared.runtime.clock)
    )


def _fallback(building: Building) -> Policy:
    from fanin.policies.fallback import fallback

    assert building.source.fallback
    return fallback(building.source.fallback, building.shared.runtime.clock)


def _retry(building: Building) -> Policy:
    from fanin.policies.retry import retry

    assert building.source.retry
    assert building.retries
    return retry(building.source.retry, building.retries, building.shared.runtime)


def _hedge(building: Building) -> Policy:
    from fanin.policies.budget import Budget
    from fanin.policies.hedge import hedge

    settings = building.source.hedge
    assert settings
    return hedge(settings, Budget(settings.budget, within=building.retries), building.shared.runtime.clock)


def _rate_limit(building: Building) -> Policy:
    from fanin.policies.rate_limit import rate_limit

    settings = building.source.rate_limit
    assert settings
    return building.shared_by_upstream(
        "rate_limit", lambda: rate_limit(settings, building.shared.runtime, building.shared.limits)
    )


def _attempt_timeout(building: Building) -> Policy:
    assert building.source.attempt_timeout
    return attempt_timeout(building.source.attempt_timeout, building.shared.runtime.clock)


def _pages(_: Building) -> Policy:
    from fanin.policies.pages import pages

    return pages


def _set(policy: "Described | None") -> str | None:
    return policy.words if policy else None


def _counted(source: Source, key: str, policy: "Described | None") -> str | None:
    """Say what a policy is set to, and with whom its source shares it."""
    if policy is None:
        return None
    upstream = source.shares(key)
    return f"{policy.words}, shared by upstream {upstream}" if upstream else policy.words


def _if_called(words: Callable[[Source], str]) -> Callable[[Source], str | None]:
    """Give a step to the sources that are called."""
    return lambda source: words(source) if source.makes_calls else None


def _no_policy(_: Building) -> None:
    """Stand for what is no policy around the fetch: the fetch itself, and what the request has when it is made."""


STEPS: tuple[Step, ...] = (
    Step(
        "observe",
        "writes down when the call started and ended, and turns a failure into an outcome",
        ("policies/observe.py",),
        _always,
        lambda building: observe(building.shared.runtime.clock),
        blocking=True,
    ),
    Step(
        "fallback",
        "answers with static data if the source fails",
        ("policies/fallback.py",),
        lambda source: "static data" if source.fallback else None,
        _fallback,
    ),
    Step(
        "refresh",
        "writes down what is asked for, so that the worker keeps it warm",
        ("policies/wanted.py", "worker/"),
        lambda source: f"every {spelled(source.refresh)}" if source.refresh else None,
        _refresh,
    ),
    Step(
        "cache",
        "answers with what was kept while it holds; has one call ask for all that miss; has what is stale refreshed",
        ("policies/cache/", "stores/"),
        lambda source: _set(source.cache),
        _cache,
    ),
    Step(
        "invalidates",
        "after a write, forgets what other sources answered about the same things",
        ("policies/invalidates.py",),
        lambda source: ", ".join(source.invalidates) or None,
        _invalidates,
    ),
    Step(
        "timeout",
        "cancels what is inside it at the source's timeout or the deadline, whichever is first",
        ("policies/timeout.py",),
        _if_called(lambda source: spelled(source.timeout) if source.timeout else "the endpoint's"),
        lambda building: timeout(building.shared.runtime.clock),
        blocking=True,
    ),
    Step(
        "pages",
        "reads all pages of an answer, each as a call of its own for what is inside",
        ("policies/pages.py", "sources/pages.py"),
        lambda source: _set(source.pages),
        _pages,
        blocking=True,
    ),
    Step(
        "circuit_breaker",
        "makes no calls for a while after too many have failed",
        ("policies/circuit_breaker.py", "policies/breaker.py"),
        lambda source: _counted(source, "circuit_breaker", source.circuit_breaker),
        _circuit_breaker,
    ),
    Step(
        "idempotency_key",
        "gives all attempts of a call one key",
        ("engine/idempotency.py", "engine/writes.py"),
        lambda source: "one for all attempts" if source.idempotency_key else None,
        _no_policy,
        blocking=True,
    ),
    Step(
        "retry",
        "makes an attempt again, after a wait, within the source's budget",
        ("policies/retry.py", "policies/budget.py"),
        lambda source: _set(source.retry),
        _retry,
    ),
    Step(
        "hedge",
        "makes a second attempt beside a slow one, within a budget",
        ("policies/hedge.py",),
        lambda source: _set(source.hedge),
        _hedge,
    ),
    Step(
        "rate_limit",
        "has each attempt wait for its turn",
        ("policies/rate_limit.py",),
        lambda source: _counted(source, "rate_limit", source.rate_limit),
        _rate_limit,
    ),
    Step(
        "attempt",
        "counts each request to the source, and writes down what it came to",
        ("policies/observe.py",),
        _if_called(_always),
        lambda building: attempt(building.shared.runtime.clock),
        blocking=True,
    ),
    Step(
        "attempt_timeout",
        "cancels one attempt at its own timeout",
        ("policies/timeout.py",),
        lambda source: spelled(source.attempt_timeout) if source.attempt_timeout else None,
        _attempt_timeout,
    ),
    Step(
        "decode",
        "reads the value from status and bytes, or the failure that the status means",
        ("sources/meaning.py", "sources/decoders/"),
        _if_called(lambda source: source.format),
        lambda _: decode,
        blocking=True,
    ),
    Step(
        "authenticate",
        "puts secrets and credentials into the request; looks them up anew if the source answers with 401",
        ("credentials/auth/", "credentials/secrets/"),
        lambda source: source.asks_by or None,
        lambda building: building.shared.authenticate,
        blocking=True,
    ),
    Step(
        "fetch",
        "makes the request and reads the answer, or gives the value that needs none",
        ("sources/",),
        _always,
        _no_policy,
        blocking=True,
    ),
)
"""Every step, outermost first."""
