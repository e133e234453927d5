"""What the raw data of a run come to. Nothing here measures: the same data give the same figures."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from benchmarks.statistics import Ratio, grouped, percentile, ratio
from fanin.observability import price

ARCHITECTURE: Final = "arm64"
"""The functions' processor, as AWS charges for it."""

type Rows = Sequence[Mapping[str, Any]]
"""Raw data of one model, or of one server, under the same conditions."""
type By = Mapping[str, Mapping[str, Rows]]


class Probe(StrEnum):
    """What single claims are measured with, by its name in the report."""

    PLAIN = "an answer"
    TASK = "with a background task of half a second"
    QUEUED = "with work handed to SQS"


@dataclass(frozen=True)
class Figures:
    """The raw data of a run, by what was measured; empty or None for what was not."""

    warm: By = field(default_factory=dict)  # requests on Lambda's terms, by question, then by model
    closed: By = field(default_factory=dict)  # loads of servers, by number of clients, then by server
    open: By = field(default_factory=dict)  # the same by requests a second; not of a server that had failed before
    probes: Mapping[str, Any] | None = None  # the measurements of single claims
    databases: "Figures | None" = None  # the same of queries of a database, in place of calls


def figures(raw: Mapping[str, Any]) -> Figures:
    """Find what a run has measured."""

    def by(place: str, rows: str, condition: str, who: str) -> By:
        found = grouped(raw.get(place, {}).get(rows, ()), condition)
        return {str(under): grouped(own, who) for under, own in found.items()}

    return Figures(
        by("lambda", "invocations", "question", "model"),
        by("server", "closed", "clients", "server"),
        by("server", "open", "rate", "server"),
        raw.get("probes"),
        figures(raw["databases"]) if "server" in raw.get("databases", {}) else None,
    )


def billed(rows: Rows) -> list[int]:
    """Give the milliseconds that Lambda bills, of each request."""
    return [math.ceil(row["ms"]) for row in rows]


def dollars(rows: Rows, memory_mb: int) -> float:
    """Give Lambda's part of the dollars of a million such requests."""
    return price.cost(statistics.mean(billed(rows)) * 1000, memory_mb, ARCHITECTURE) + price.MILLION_INVOCATIONS


def rates(rows: Rows) -> list[float]:
    """Give the answers with status 200 a second, of each round."""
    return [len(row["latencies_ms"]) / row["seconds"] for row in rows]


def median_ms(rows: Rows) -> float | None:
    """Give the median latency of these answers; None without one."""
    latencies = [latency for row in rows for latency in row["latencies_ms"]]
    return percentile(latencies, 50) if latencies else None


def failed(rows: Rows) -> float:
    """Give the share of answers that were none, or of another status."""
    answers = sum(sum(row["statuses"].values()) for row in rows)
    return 1 - sum(len(row["latencies_ms"]) for row in rows) / answers if answers else 0.0


def cpu_ms(rows: Rows) -> float | None:
    """Give the worker's processor time for an answer, the warm-up's included; None without one."""
    served = sum(row["answers_in_all"] for row in rows)
    return sum(row["cpu_s"] for row in rows) * 1000 / served if served else None


def faster(first: Rows, second: Rows) -> Ratio | None:
    """Divide answers a second, by means, since a server near its end answers in waves; None of none."""
    return ratio(rates(first), rates(second), statistics.mean) if any(rates(second)) else None


def late_ms(rows: Rows, percent: float) -> float | None:
    """Give the milliseconds in which so many of all requests of an open loop had their answer; None beyond the limit.

    Requests without an answer of status 200 in time count as slower than all others.
    """
    requests = sum(sum(row["statuses"].values()) + row["unanswered"] for row in rows)
    answered = [latency for row in rows for latency in row["latencies_ms"]]
    late = percentile(answered + [math.inf] * (requests - len(answered)), percent)
    return late if math.isfinite(late) else None


def answers_ms(probes: Mapping[str, Any], what: Probe, where: str) -> list[float]:
    """Give the milliseconds of each answer at a place: `uvicorn` or `lambda`."""
    return [took[where] for took in probes["responses"][what]]


def held_back(probes: Mapping[str, Any], where: str) -> float:
    """Give the share of a background task for which the answer was later than without it."""
    task, plain = (statistics.median(answers_ms(probes, what, where)) for what in (Probe.TASK, Probe.PLAIN))
    return (task - plain) / float(probes["task_ms"])
