"""What decides how long a request takes: in the worst case, by the timeouts; of one request, by its trace."""

from collections.abc import Mapping
from dataclasses import dataclass

from fanin.config import Endpoint, Source
from fanin.config.budget import Slot, critical_path, worst_case
from fanin.engine.outcome import Trace
from fanin.engine.plan import Plan


@dataclass(frozen=True, slots=True)
class WorstCase:
    """What follows from a plan's timeouts.

    Args:
        endpoint: the endpoint.
        plan: its plan.
        slots: for each source, when its call runs if all run at once, each as long as it may.
        critical: the chain of sources that decides how long that takes.
    """

    endpoint: Endpoint
    plan: Plan
    slots: Mapping[str, Slot]
    critical: list[str]

    @classmethod
    def of(cls, endpoint: Endpoint, sources: Mapping[str, Source]) -> "WorstCase":
        """Add an endpoint's timeouts up.

        Args:
            endpoint: the endpoint.
            sources: all sources of the configuration.
        """
        plan, slots = Plan.of(endpoint, sources), worst_case(endpoint, sources)
        critical = critical_path(plan.needs, {name: slot.ends for name, slot in slots.items()})
        return cls(endpoint, plan, slots, critical)

    @property
    def concurrent(self) -> float:
        """Seconds that a request can take where all calls run at once."""
        return min(self.endpoint.timeout, max(slot.ends for slot in self.slots.values()))

    @property
    def sequential(self) -> float:
        """Seconds that a request can take where one call runs after another."""
        total = self.sequential_uncut
        return self.endpoint.timeout if total is None else min(self.endpoint.timeout, total)

    @property
    def sequential_uncut(self) -> float | None:
        """Seconds likewise, had the endpoint no timeout; None where a source has none of its own."""
        timeouts = [source.takes for source in self.plan.sources.values()]
        return None if None in timeouts else sum(timeout for timeout in timeouts if timeout is not None)


def critical(trace: Trace, plan: Plan) -> list[str]:
    """Give the chain of calls that decided how long a request took whose calls ran at once; empty without a call."""
    spans = trace.spans.items()
    ends = {
        name: span.started if span.ended is None else span.ended for name, span in spans if span.started is not None
    }
    return critical_of(ends, plan)


def critical_of(ends: Mapping[str, float], plan: Plan) -> list[str]:
    """Give the same chain by when each call that was made ended."""
    if not ends:
        return []
    # A source that reads the errors of others may wait for one that was never called.
    return critical_path({name: [other for other in plan.needs[name] if other in ends] for name in ends}, ends)
