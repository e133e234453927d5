"""How samples are summed up: spreads, percentiles, and the intervals of ratios."""

import math
import random
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

ENOUGH: Final = 3
"""Rounds from which on there is something to say about how far they differ."""
_RESAMPLES = 2000
_SEED = 1


@dataclass(frozen=True)
class Spread:
    """Median and quartiles, and how many samples they are of."""

    median: float
    low: float
    high: float
    rounds: int

    @classmethod
    def of(cls, samples: Sequence[float], digits: int = 2) -> "Spread":
        """Sum up samples, of which there are some; a single one is its own quartiles."""
        if not samples:
            raise ValueError("nothing was measured")
        quartiles = statistics.quantiles(samples, n=4, method="inclusive") if len(samples) > 1 else [samples[0]] * 3
        low, median, high = (round(quartile, digits) for quartile in quartiles)
        return cls(median, low, high, len(samples))


@dataclass(frozen=True)
class Ratio:
    """How many times as much, with the 95 % interval of the bootstrap from `ENOUGH` rounds on."""

    times: float
    low: float | None  # None of fewer rounds
    high: float | None  # None of fewer rounds, and where the interval has no upper bound


type Sum = Callable[[Sequence[float]], float]


def ratio(first: Sequence[float], second: Sequence[float], of: Sum = statistics.median) -> Ratio:
    """Divide what sums up one set of samples by that of another, which is above 0.

    The interval is Efron's percentile bootstrap: both sets are drawn anew, with replacement, 2,000 times. The draws
    start from a fixed seed, so that the same samples give the same interval.
    """
    if not first or not second or of(second) <= 0:
        raise ValueError("there is nothing to divide, or to divide by")
    times = of(first) / of(second)
    if min(len(first), len(second)) < ENOUGH:
        return Ratio(times, None, None)
    draw = random.Random(_SEED)  # noqa: S311 - statistics, no secret
    drawn = []
    for _ in range(_RESAMPLES):
        above, below = of(draw.choices(first, k=len(first))), of(draw.choices(second, k=len(second)))
        drawn.append(above / below if below > 0 else math.inf)
    high = percentile(drawn, 97.5)
    return Ratio(times, percentile(drawn, 2.5), None if math.isinf(high) else high)


def percentile(samples: Sequence[float], percent: float) -> float:
    """Give the smallest sample that is at least as large as `percent` of them, of which there are some."""
    if not samples:
        raise ValueError("nothing was measured")
    return sorted(samples)[max(0, math.ceil(percent / 100 * len(samples)) - 1)]


def grouped(rows: Iterable[Mapping[str, Any]], key: str) -> dict[Any, list[Mapping[str, Any]]]:
    """Put rows of raw data under what they have in a column, in the order in which it first comes."""
    found: dict[Any, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return found
