"""Which failure is told as the cause of a source that could not run, if several that it needs have failed."""

from collections.abc import Callable, Collection, Mapping

from fanin.config.values import Json
from fanin.engine.outcome import Outcome
from fanin.engine.plan import Plan
from fanin.errors import DependencyFailed, SourceError

type Outcomes = Mapping[str, Outcome[Json]]
"""The outcomes of sources, by their names."""


def by_first_causes(
    plan: Plan, outcomes: Outcomes, followed: Collection[str], chosen: Callable[[str, Outcomes], Outcome[Json]]
) -> Outcomes:
    """Let each source that could not run follow from the first failure in the order of the plan.

    While a request runs, a source fails as soon as one that it needs has failed. Which is the first in time is chance,
    and another in each execution model. The failure decides what the client is told, its status included. An
    expression that reads `errors` is told the same, as far as sources have settled when it is evaluated.

    Args:
        plan: the plan.
        outcomes: of all sources that have settled.
        followed: the sources that failed since one that they need did.
        chosen: gives what a source with `first_of` comes to by these outcomes.
    """
    told = dict(outcomes)
    changed = set(followed)
    for name in plan.sources:
        if name in followed:
            told[name] = Outcome(error=DependencyFailed(name, _first_cause(plan, name, told)), attempts=0)
        elif name in told and told[name].error and not changed.isdisjoint(plan.alternatives.get(name, ())):
            told[name] = chosen(name, told)
            changed.add(name)
    return told


def _first_cause(plan: Plan, name: str, outcomes: Outcomes) -> SourceError:
    """Give the failure that a source follows from: of those that its `when` waits for, or else of all that it needs.

    It is the one that began at the first source of the plan.
    """
    spared = plan.spared.get(name, ())
    for needs in (plan.conditions.get(name, ()), plan.waits[name]):
        failed = {other: error for other in needs if other not in spared and (error := _error_of(other, outcomes))}
        if failed:
            roots = {error.root.source: other for other, error in sorted(failed.items(), reverse=True)}
            return failed[next((roots[root] for root in plan.sources if root in roots), min(failed))]
    raise AssertionError(f"{name} follows from nothing")


def _error_of(name: str, outcomes: Outcomes) -> SourceError | None:
    return outcomes[name].error if name in outcomes else None
