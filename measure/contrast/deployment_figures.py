"""What the raw data of a deployment come to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from measure.contrast.models import BASELINE
from measure.statistics import Ratio, Spread, ratio


@dataclass(frozen=True)
class Outside:
    """One model of a deployment, as a client sees it.

    Args:
        ms: milliseconds from the request to the answer's end, the network's way included.
        failed: the share of answers that were not complete.
        against: how many times the baseline's; None without one.
    """

    ms: Spread
    failed: float
    against: Ratio | None


def figures(raw: Mapping[str, Any]) -> dict[str, Outside]:
    """Sum up what was measured, by model."""
    took = {
        name: [row["ms"] for row in raw["requests"] if row["model"] == name and row["complete"]]
        for name in raw["models"]
    }
    every = {name: sum(row["model"] == name for row in raw["requests"]) for name in raw["models"]}
    return {
        name: Outside(
            Spread.of(samples, 1),
            round(1 - len(samples) / every[name], 4),
            ratio(samples, took[BASELINE]) if name != BASELINE and took.get(BASELINE) else None,
        )
        for name, samples in took.items()
        if samples
    }
