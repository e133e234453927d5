"""What a request came to, once all of its calls are settled."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fanin.config.values import Json
from fanin.engine.outcome import Outcome, Trace
from fanin.engine.plan import Goal
from fanin.errors import SourceError


@dataclass(frozen=True, slots=True)
class Picked:
    """What an endpoint's `pick` came to.

    Args:
        body: the body, without the problems of sources.
        failure: why there is none; empty where there is.
    """

    body: Json = None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a request came to.

    Args:
        goal: the endpoint, or the single source, that was asked for.
        outcomes: each source's outcome, those that the goal does not list included; values are shaped.
        trace: when each call ran.
        varies: the client's headers that can change the answer, by their names in fanin.toml.
        picked: what the endpoint's `pick` came to; None without one.
        asked: the outcomes of sources that ran only since a `first_of` asked for them.
    """

    goal: Goal
    outcomes: Mapping[str, Outcome[Json]]
    trace: Trace
    varies: tuple[str, ...] = ()
    picked: Picked | None = None
    asked: Mapping[str, Outcome[Json]] = field(default_factory=dict)

    @property
    def failures(self) -> dict[str, SourceError]:
        """The error of each source that failed."""
        return {name: outcome.error for name, outcome in self.outcomes.items() if outcome.error}

    @property
    def problems(self) -> dict[str, SourceError]:
        """What is wrong with each source that failed, or whose value lacks a part."""
        return {name: problem for name, o in self.outcomes.items() if (problem := o.error or o.partial)}
