"""What the raw data of a run come to: a table for all contestants, and one for the goals. Nothing here measures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from benchmarks.statistics import Ratio, Spread, ratio
from benchmarks.tables import NOTHING, Table, factor, number, spread

type Samples = Mapping[str, Mapping[str, Sequence[float]]]
"""By figure, then by contestant, in the figure's unit."""

FAN_OUTS: Final = (10, 50, 200)
NAMES: Final = {
    "fanin": "fanin",
    "careless": "FastAPI, Mangum, httpx",
    "tuned": "the same, tuned",
    "by_hand": "aiohttp by hand",
    "powertools": "Powertools, threads",
    "node": "Node, fetch",
    "framework": "FastAPI and Mangum only",
    "naive": "with boto3, no bytecode",
    "mangum": "fanin by Mangum",
}
"""What contestants are called, by the names of their files."""


@dataclass(frozen=True)
class Figure:
    """What is measured."""

    title: str
    unit: str
    more_is_better: bool = False


FIGURES: Final = {
    **{f"fan-out-{width}": Figure(f"{width} sources of 100 ms", "ms") for width in FAN_OUTS},
    "warm": Figure("warm call of `/health`", "µs of CPU"),
    "kept": Figure("answer from memory", "µs of CPU"),
    "cold": Figure("cold start: import and first answer", "ms of CPU"),
    "worker": Figure("one worker: 1,000 clients, one source of 200 ms", "answers/s", more_is_better=True),
    "runtime-warm": Figure("`/health`, the whole process", "µs of CPU"),
    "runtime-kept": Figure("from memory, the whole process", "µs of CPU"),
}


@dataclass(frozen=True)
class Goal:
    """What fanin is to cost, as a part of what another does; as much at least if more is better."""

    figure: str  # fanin's
    other: str  # beside whom
    limit: float
    against: str = ""  # the other's figure, if it is not the same

    def held(self, times: float) -> bool:
        """Say whether a ratio holds it."""
        return times >= self.limit if FIGURES[self.figure].more_is_better else times <= self.limit


GOALS: Final = (
    Goal("warm", "careless", 0.75),
    Goal("runtime-warm", "careless", 0.4),
    Goal("kept", "careless", 1.1, "warm"),
    Goal("runtime-kept", "careless", 0.7, "runtime-warm"),
    Goal("cold", "framework", 1.15),
    Goal("cold", "naive", 0.25),
    Goal("fan-out-10", "by_hand", 1.0),
    Goal("fan-out-50", "by_hand", 0.97),
    Goal("fan-out-200", "by_hand", 0.88),
    Goal("worker", "node", 0.9),
)


def measured(goal: Goal, samples: Samples) -> Ratio | None:
    """Divide fanin's median by the other's, with the interval of it; None without either."""
    first = samples.get(goal.figure, {}).get("fanin")
    second = samples.get(goal.against or goal.figure, {}).get(goal.other)
    return ratio(first, second) if first and second and median(second) > 0 else None


def tables(raw: Mapping[str, Any]) -> Iterator[Table]:
    """Give the tables of a run, by their places in docs/bench.md."""
    samples: Samples = raw["figures"]
    yield Table("goals", "", ["fanin's", "of", "measured", "goal", ""], [_goal(goal, samples) for goal in GOALS], 2)
    for name, figures in _TOGETHER.items():
        entered = [one for one in NAMES if any(one in samples[figure] for figure in figures)]
        head = ["", *(f"{FIGURES[figure].title}, {FIGURES[figure].unit}" for figure in figures)]
        yield Table(name, "", head, [[NAMES[one], *(_cell(samples[of].get(one)) for of in figures)] for one in entered])
    told = raw["machine"] | {"node": raw["node"] or "not installed"}
    told |= {"processes that wanted a core, before and after": f"{raw['load_before']}, {raw['load_after']}"}
    told |= {"commit": raw["commit"], "date": raw["date"], "minutes": raw["minutes"]}
    yield Table("conditions", "", ["what", "value"], [[name, str(value)] for name, value in told.items()], 2)


_TOGETHER: Final = {
    "handlers": [*(f"fan-out-{width}" for width in FAN_OUTS), "warm", "kept"],
    "cold": ["cold"],
    "worker": ["worker"],
    "runtimes": ["runtime-warm", "runtime-kept"],
}
"""Which figures are in one table."""


def _goal(goal: Goal, samples: Samples) -> list[str]:
    found, sign = measured(goal, samples), "≥" if FIGURES[goal.figure].more_is_better else "≤"
    beside = NAMES[goal.other] + (f"'s {FIGURES[goal.against].title}" if goal.against else "")
    held = NOTHING if found is None else "held" if goal.held(found.times) else "**missed**"
    return [FIGURES[goal.figure].title, beside, factor(found), f"{sign} {number(goal.limit, 2)}", held]


def _cell(samples: Sequence[float] | None) -> str:
    return spread(Spread.of(samples)) if samples else NOTHING
