"""What the raw data of Lambda's terms come to. Nothing here measures: the same data give the same figures."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.contrast.models import ASYNC, BASELINE
from benchmarks.statistics import Ratio, Spread, grouped, ratio
from fanin.cli.monthly_cost import busy
from fanin.observability import price

ARCHITECTURE: Final = "arm64"
"""The functions' processor, as AWS charges for it."""
RATES: Final = (10, 100, 1000)
"""Requests a second for which the environments are counted."""


@dataclass(frozen=True)
class Warm:
    """Warm requests of one model."""

    ms: Spread  # milliseconds in the function
    cpu_ms: Spread  # milliseconds of processor time, the waiting left out
    billed: Sequence[int]  # the milliseconds that Lambda bills, of each request
    billed_ms: float  # their mean
    gb_seconds: float  # the same with the function's memory
    dollars: float  # of a million requests, Lambda's part
    dollars_alike: float  # the same if every function had the memory of the largest
    against: Ratio | None  # how many times the baseline's billed milliseconds; None without a baseline
    against_async: Ratio | None  # how many times those of the asynchronous model
    environments: dict[str, tuple[float, int]]  # busy on average, and enough for 999 of 1,000; by requests a second


@dataclass(frozen=True)
class Cold:
    """New environments of one function."""

    models: Sequence[str]  # those that it serves
    init_ms: Spread  # milliseconds of initialisation, of all environments, whichever model they were for
    first_ms: dict[str, Spread]  # milliseconds of the first request, by model
    peak_mb: dict[str, float]  # the most memory held after the first request, by model


@dataclass(frozen=True)
class LambdaFigures:
    """All of it."""

    warm: dict[str, dict[str, Warm]]  # by question, then by model
    cold: dict[str, Cold]  # by function
    peak_mb: dict[str, float]  # the most memory held after all questions, by model
    memory_mb: int  # the memory that `dollars_alike` counts with


def figures(raw: Mapping[str, Any]) -> LambdaFigures:
    """Sum up what was measured."""
    models, invocations = raw["models"], grouped(raw["invocations"], "question")
    memory = {name: model["memory_mb"] for name, model in models.items()}
    functions = grouped(({"name": name, **model} for name, model in models.items()), "function")
    return LambdaFigures(
        {question: _warm(grouped(rows, "model"), memory) for question, rows in invocations.items()},
        {name: _cold(raw["cold_starts"], [model["name"] for model in of]) for name, of in functions.items()},
        {name: model["peak_mb"] for name, model in models.items()},
        max(memory.values()),
    )


def _warm(rows: Mapping[str, Sequence[Mapping[str, Any]]], memory: Mapping[str, int]) -> dict[str, Warm]:
    billed = {name: [math.ceil(row["ms"]) for row in of] for name, of in rows.items()}

    def against(name: str, other: str) -> Ratio | None:
        return ratio(billed[name], billed[other]) if name != other and other in billed else None

    found = {}
    for name, of in rows.items():
        mean, mean_ms = statistics.mean(billed[name]), statistics.mean(row["ms"] for row in of)
        found[name] = Warm(
            Spread.of([row["ms"] for row in of], 1),
            Spread.of([row["cpu_ms"] for row in of]),
            billed[name],
            round(mean, 2),
            round(mean / 1000 * memory[name] / 1024, 6),
            round(_dollars(mean, memory[name]), 4),
            round(_dollars(mean, max(memory.values())), 4),
            against(name, BASELINE),
            against(name, ASYNC),
            {str(rate): busy(rate, mean_ms) for rate in RATES},
        )
    return found


def _dollars(billed_ms: float, memory_mb: int) -> float:
    """Give the dollars of a million requests that are billed so long on average."""
    return price.cost(billed_ms * 1000, memory_mb, ARCHITECTURE) + price.MILLION_INVOCATIONS


def _cold(starts: Sequence[Mapping[str, Any]], models: Sequence[str]) -> Cold:
    rows = grouped((row for row in starts if row["model"] in models), "model")
    return Cold(
        models,
        Spread.of([row["init_ms"] for of in rows.values() for row in of], 1),
        {name: Spread.of([row["first_ms"] for row in of], 1) for name, of in rows.items()},
        {name: max(row["peak_mb"] for row in of) for name, of in rows.items()},
    )
