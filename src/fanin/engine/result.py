"""What a request came to."""

from collections.abc import Mapping
from dataclasses import field
from types import MappingProxyType

from fanin.config.record import record
from fanin.config.values import Json
from fanin.engine.document import Picked
from fanin.engine.outcome import Outcome, Trace
from fanin.engine.plan import Goal
from fanin.errors import SourceError

_NONE: Mapping[str, str] = MappingProxyType({})


@record
class Result:
    """What a request came to.

    Args:
        goal: the endpoint, or the single source, that was asked for.
        outcomes: each source's outcome, those that the goal does not list included; values are shaped.
        trace: when each call ran.
        varies: the client's headers that can change the answer, by their names in fanin.toml.
        headers: the endpoint's, with their values.
        picked: what the endpoint's `pick` came to; None without one.
        writes: what became of each write.
        asked: the outcomes of sources that ran only since a `first_of` asked for them.
    """

    goal: Goal
    outcomes: Mapping[str, Outcome[Json]]
    trace: Trace
    varies: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    picked: Picked | None = None
    writes: Mapping[str, str] = _NONE
    asked: Mapping[str, Outcome[Json]] = field(default_factory=dict)

    @property
    def failures(self) -> dict[str, SourceError]:
        """The error of each source that failed."""
        return {name: outcome.error for name, outcome in self.outcomes.items() if outcome.error}

    @property
    def problems(self) -> dict[str, SourceError]:
        """What is wrong with each source that failed, or whose value lacks a part."""
        return {name: problem for name, o in self.outcomes.items() if (problem := o.error or o.partial)}
