"""What the raw data of a server's terms come to. Nothing here measures: the same data give the same figures."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.statistics import Ratio, Spread, grouped, percentile, ratio

REFERENCE: Final = "async"
"""The server that the others are compared with."""


@dataclass(frozen=True)
class Crowded:
    """One server under a closed loop."""

    rates: Sequence[float]  # answers with status 200 a second, of each round
    throughput: Spread  # the same, summed up
    median_ms: float | None  # the median latency of those answers; None without one
    failed: float  # the share of answers that were none, or of another status
    cpu_ms: float | None  # processor time of the worker for an answer, the warm-up's included; None without one
    resident_mb: float  # the memory that the worker held in the end, the most of all rounds
    # how many times as many answers the reference gave in all rounds, since a server near its end answers in waves;
    # None for itself, and where there was none
    behind: Ratio | None


@dataclass(frozen=True)
class Arriving:
    """One server under an open loop; percentiles in milliseconds from the intended start, None beyond the limit."""

    # half of all requests had their answer by then; those without one count as slower than all others
    median_ms: float | None
    p99_ms: float | None  # 99 of 100
    failed: float  # the share of requests without an answer of status 200 in time


@dataclass(frozen=True)
class ServerFigures:
    """All of it."""

    closed: dict[str, dict[str, Crowded]]  # by number of clients, then by server
    # by requests a second, then by server; a server that had failed at a lower rate is missing
    open: dict[str, dict[str, Arriving]]


def figures(raw: Mapping[str, Any]) -> ServerFigures:
    """Sum up what was measured."""
    closed, arriving = grouped(raw["closed"], "clients"), grouped(raw.get("open", ()), "rate")
    return ServerFigures(
        {str(clients): _crowded(grouped(rows, "server")) for clients, rows in closed.items()},
        {str(rate): _arriving(grouped(rows, "server")) for rate, rows in arriving.items()},
    )


def _crowded(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Crowded]:
    rates = {name: [len(row["latencies_ms"]) / row["seconds"] for row in of] for name, of in rows.items()}
    reference = rates.get(REFERENCE, [])
    found = {}
    for name, of in rows.items():
        latencies = [latency for row in of for latency in row["latencies_ms"]]
        answers = sum(sum(row["statuses"].values()) for row in of)
        served = sum(row["answers_in_all"] for row in of)
        comparable = name != REFERENCE and reference and any(rates[name])
        found[name] = Crowded(
            rates[name],
            Spread.of(rates[name], 1),
            round(percentile(latencies, 50), 1) if latencies else None,
            round(1 - len(latencies) / answers, 4) if answers else 0.0,
            round(sum(row["cpu_s"] for row in of) * 1000 / served, 3) if served else None,
            max(row["resident_mb"] for row in of),
            ratio(reference, rates[name], statistics.mean) if comparable else None,
        )
    return found


def _arriving(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Arriving]:
    found = {}
    for name, of in rows.items():
        requests = sum(sum(row["statuses"].values()) + row["unanswered"] for row in of)
        answered = [latency for row in of for latency in row["latencies_ms"]]
        every = answered + [math.inf] * (requests - len(answered))
        median, p99 = (round(late, 1) if math.isfinite(late := percentile(every, part)) else None for part in (50, 99))
        found[name] = Arriving(median, p99, round(1 - len(answered) / requests, 4))
    return found
