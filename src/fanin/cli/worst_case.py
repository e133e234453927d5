"""The longest that a request for an endpoint can take, by its timeouts."""

from collections.abc import Mapping
from dataclasses import dataclass

from fanin.config import Source
from fanin.config.budget import Slot, critical_path, worst_case
from fanin.engine.plan import Plan


@dataclass(frozen=True, slots=True)
class WorstCase:
    """What follows from a plan's timeouts.

    Args:
        plan: the plan.
        slots: for each source, when its call runs if all run at once, each as long as it may.
        critical: the chain of sources that decides how long that takes.
    """

    plan: Plan
    slots: Mapping[str, Slot]
    critical: list[str]

    @classmethod
    def of(cls, plan: Plan, sources: Mapping[str, Source]) -> "WorstCase":
        """Add a plan's timeouts up.

        Args:
            plan: the plan of an endpoint.
            sources: all sources of the configuration.
        """
        slots = worst_case(plan.endpoint, sources)
        return cls(plan, slots, critical_path(plan.needs, {name: slot.ends for name, slot in slots.items()}))

    @property
    def concurrent(self) -> float:
        """Seconds that a request can take where all calls run at once."""
        return min(self.plan.endpoint.timeout, max(slot.ends for slot in self.slots.values()))

    @property
    def sequential(self) -> float:
        """Seconds that a request can take where one call runs after another."""
        total = self.sequential_uncut
        return self.plan.endpoint.timeout if total is None else min(self.plan.endpoint.timeout, total)

    @property
    def sequential_uncut(self) -> float | None:
        """Seconds likewise, had the endpoint no timeout; None where a source has none of its own."""
        timeouts = [source.takes for source in self.plan.sources.values()]
        return None if None in timeouts else sum(timeout for timeout in timeouts if timeout is not None)
