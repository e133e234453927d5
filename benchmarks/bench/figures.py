"""What the raw data of a run come to: a table for all contestants, and one for the goals. Nothing here measures."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any, Final, NamedTuple

from benchmarks.statistics import Ratio, ratio
from benchmarks.tables import NOTHING, Part, factor, number, spread, table

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
FIGURES: Final = {
    **{f"fan-out-{width}": (f"{width} sources of 100 ms", "ms") for width in FAN_OUTS},
    "warm": ("warm call of `/health`", "µs of CPU"),
    "kept": ("answer from memory", "µs of CPU"),
    "cold": ("cold start: import and first answer", "ms of CPU"),
    "worker": ("one worker: 1,000 clients, one source of 200 ms", "answers/s"),
    "runtime-warm": ("`/health`, the whole process", "µs of CPU"),
    "runtime-kept": ("from memory, the whole process", "µs of CPU"),
}
"""Titles and units of what is measured."""
MORE_IS_BETTER: Final = "worker"
_TOGETHER: Final = {
    "handlers": [*(f"fan-out-{width}" for width in FAN_OUTS), "warm", "kept"],
    "cold": ["cold"],
    "worker": ["worker"],
    "runtimes": ["runtime-warm", "runtime-kept"],
}
"""Which figures are in one table."""


class Goal(NamedTuple):
    """What fanin is to cost, as a part of what another does; as much at least if more is better."""

    figure: str  # fanin's
    other: str  # beside whom
    limit: float
    against: str = ""  # the other's figure, if it is not the same

    def held(self, times: float) -> bool:
        """Say whether a ratio holds it."""
        return times >= self.limit if self.figure == MORE_IS_BETTER else times <= self.limit


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


def tables(raw: Mapping[str, Any]) -> Iterator[Part]:
    """Give the tables of a run, by their places in docs/bench.md."""
    samples: Samples = raw["figures"]
    yield table("goals", "", ["fanin's", "of", "measured", "goal", ""], [_goal(goal, samples) for goal in GOALS], 2)
    for name, figures in _TOGETHER.items():
        head = ["", *(", ".join(FIGURES[figure]) for figure in figures)]
        entered = [one for one in NAMES if any(one in samples[figure] for figure in figures)]
        rows = [[NAMES[one], *(_cell(samples[figure].get(one)) for figure in figures)] for one in entered]
        yield table(name, "", head, rows)
    told = raw["machine"] | {"node": raw["node"] or "not installed"}
    told |= {"processes that wanted a core, before and after": f"{raw['load_before']}, {raw['load_after']}"}
    told |= {"commit": raw["commit"], "date": raw["date"], "minutes": raw["minutes"]}
    yield table("conditions", "", ["what", "value"], [[name, str(value)] for name, value in told.items()], 2)


def _goal(goal: Goal, samples: Samples) -> list[str]:
    found, sign = measured(goal, samples), "≥" if goal.figure == MORE_IS_BETTER else "≤"
    beside = NAMES[goal.other] + (f"'s {FIGURES[goal.against][0]}" if goal.against else "")
    held = NOTHING if found is None else "held" if goal.held(found.times) else "**missed**"
    return [FIGURES[goal.figure][0], beside, factor(found), f"{sign} {number(goal.limit, 2)}", held]


def _cell(samples: Sequence[float] | None) -> str:
    return spread(samples) if samples else NOTHING
