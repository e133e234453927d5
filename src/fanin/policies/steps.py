"""What a step of a source's pipeline is, and what it is built from."""

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, NamedTuple

from fanin.config import Source
from fanin.config.record import record
from fanin.engine.call import Policy, Runtime

if TYPE_CHECKING:
    from fanin.policies.budget import Budget
    from fanin.policies.cache.policy import Caching
    from fanin.stores.limit import SharedLimit


@record
class Shared:
    """What all pipelines of a function's environment are built from.

    Args:
        runtime: clock and randomness.
        caching: where answers are kept; None if no answers are.
        limits: counts the calls of all environments; None if each counts its own.
        authenticate: the policy that puts secrets and credentials into requests; None if requests go out as they are.
        renewing: whether to ask for what is stale, rather than answer with it.
    """

    runtime: Runtime
    caching: "Caching | None" = None
    limits: "SharedLimit | None" = None
    authenticate: Policy | None = None
    renewing: bool = False


@record
class Building:
    """What a step of one source's pipeline is built from.

    Args:
        source: the source.
        shared: what its environment has.
        common: the policies that the sources of an upstream share, by the upstream's name and the policy's key.
        sources: all sources, by name.
        retries: the source's budget of retries, which hedged attempts are counted in too; None without `retry`.
    """

    source: Source
    shared: Shared
    common: dict[tuple[str, str], Policy]
    sources: Mapping[str, Source]
    retries: "Budget | None" = field(init=False)

    def shared_by_upstream(self, key: str, build: Callable[[], Policy]) -> Policy:
        """Build a policy, once for all sources of the upstream that has it."""
        if not (upstream := self.source.shares(key)):
            return build()
        if (upstream, key) not in self.common:
            self.common[upstream, key] = build()
        return self.common[upstream, key]

    def __post_init__(self) -> None:
        object.__setattr__(self, "retries", _budget(self.source))


def _budget(source: Source) -> "Budget | None":
    if not source.retry:
        return None
    from fanin.policies.budget import Budget  # noqa: PLC0415 - no part of other cold starts

    return Budget(source.retry.budget)


@record
class Step:
    """One step of the pipeline.

    Args:
        key: its key in fanin.toml, or its name if it has no key there.
        does: what it does, in one sentence.
        files: where it is written, for the docs.
        settings: what it is set to for a source, in words, empty if it has no settings; None if the source does not
            have the step.
        build: makes its policy for a source that has it; None if the environment lacks what it needs.
        blocking: whether the execution models without an event loop have it.
    """

    key: str
    does: str
    files: tuple[str, ...]
    settings: Callable[[Source], str | None]
    build: Callable[[Building], Policy | None]
    blocking: bool = False


class Set(NamedTuple):
    """A step as a source has it: the step, and what it is set to in words; empty if it has no settings."""

    step: Step
    settings: str
