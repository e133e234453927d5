"""What the raw data of Lambda's terms come to. Nothing here measures: the same data give the same figures."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.contrast.models import ASYNC, BASELINE
from benchmarks.contrast.prices import Prices, gb_seconds
from benchmarks.statistics import Ratio, Spread, ratio

RATES: Final = (10, 100, 1000)
"""Requests a second for which the environments are counted."""
_ENOUGH: Final = 0.999


@dataclass(frozen=True)
class Environments:
    """How many execution environments requests take that arrive at a rate."""

    mean: float  # busy at a time, by Little's law: the rate times the mean duration
    # for 999 of 1,000 requests not to start a new one, where arrivals are random: the number of requests in flight is
    # then Poisson-distributed around the mean, however long each takes
    enough: int


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
    environments: dict[str, Environments]  # by requests a second


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


def figures(raw: Mapping[str, Any], prices: Prices) -> LambdaFigures:
    """Sum up what was measured."""
    models = raw["models"]
    largest = max(model["memory_mb"] for model in models.values())
    warm = {}
    for question in (one["label"] for one in raw["questions"]):
        rows = {
            name: [row for row in raw["invocations"] if (row["question"], row["model"]) == (question, name)]
            for name in models
        }
        billed = {name: [math.ceil(row["ms"]) for row in of] for name, of in rows.items() if of}
        warm[question] = {
            name: _warm(rows[name], name, billed, (models[name]["memory_mb"], largest), prices) for name in billed
        }
    functions: dict[str, list[str]] = {}
    for name, model in models.items():
        functions.setdefault(model["function"], []).append(name)
    cold = {function: _cold(raw["cold_starts"], names) for function, names in functions.items()}
    return LambdaFigures(warm, cold, {name: model["peak_mb"] for name, model in models.items()}, largest)


def _cold(starts: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Cold:
    rows = {name: own for name in names if (own := [row for row in starts if row["model"] == name])}
    return Cold(
        names,
        Spread.of([row["init_ms"] for own in rows.values() for row in own], 1),
        {name: Spread.of([row["first_ms"] for row in own], 1) for name, own in rows.items()},
        {name: max(row["peak_mb"] for row in own) for name, own in rows.items()},
    )


def environments(rate: float, mean_ms: float) -> Environments:
    """Count the environments for an arrival rate in requests a second."""
    mean = rate * mean_ms / 1000
    covered, enough, term = math.exp(-mean), 0, -mean
    while covered < _ENOUGH and enough < 10 * mean + 100:
        enough += 1
        term += math.log(mean / enough)
        covered += math.exp(term)
    return Environments(round(mean, 2), enough)


def _warm(
    rows: Sequence[Mapping[str, Any]],
    name: str,
    billed: Mapping[str, Sequence[int]],
    memory: tuple[int, int],
    prices: Prices,
) -> Warm:
    mean = statistics.mean(billed[name])
    mean_ms = statistics.mean(row["ms"] for row in rows)
    own, largest = memory
    against, against_async = (
        ratio(billed[name], billed[other]) if name != other and other in billed else None for other in (BASELINE, ASYNC)
    )
    return Warm(
        Spread.of([row["ms"] for row in rows], 1),
        Spread.of([row["cpu_ms"] for row in rows]),
        billed[name],
        round(mean, 2),
        round(gb_seconds(mean, own), 6),
        round(prices.lambda_dollars(mean, own), 4),
        round(prices.lambda_dollars(mean, largest), 4),
        against,
        against_async,
        {str(rate): environments(rate, mean_ms) for rate in RATES},
    )
