"""What the raw data of a run come to. Nothing here measures: the same data give the same figures."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from benchmarks.contrast.models import ASYNC, BASELINE
from benchmarks.statistics import Ratio, Spread, grouped, percentile, ratio
from fanin.observability import price

ARCHITECTURE: Final = "arm64"
"""The functions' processor, as AWS charges for it."""

type _Rows = Sequence[Mapping[str, Any]]


class Probe(StrEnum):
    """What single claims are measured with, by its name in the report."""

    PLAIN = "an answer"
    TASK = "with a background task of half a second"
    QUEUED = "with work handed to SQS"


@dataclass(frozen=True)
class Warm:
    """Warm requests of one model on Lambda's terms."""

    ms: Spread  # milliseconds in the function
    cpu_ms: Spread  # milliseconds of processor time, the waiting left out
    mean_ms: float
    billed: Sequence[int]  # the milliseconds that Lambda bills, of each request
    billed_ms: float  # their mean
    gb_seconds: float  # the same with the function's memory
    dollars: float  # of a million requests, Lambda's part
    dollars_alike: float  # the same if every function had the memory of the largest
    against: Ratio | None  # how many times the baseline's billed milliseconds; None without a baseline
    against_async: Ratio | None  # how many times those of the asynchronous model


@dataclass(frozen=True)
class Crowded:
    """One server under a closed loop."""

    rates: Sequence[float]  # answers with status 200 a second, of each round
    throughput: Spread  # the same, summed up
    median_ms: float | None  # the median latency of those answers; None without one
    failed: float  # the share of answers that were none, or of another status
    cpu_ms: float | None  # processor time of the worker for an answer, the warm-up's included; None without one
    resident_mb: float  # the memory that the worker held in the end, the most of all rounds
    # how many times as many answers the asynchronous server gave in all rounds, since a server near its end answers in
    # waves; None for itself, and where there was none
    behind: Ratio | None


@dataclass(frozen=True)
class Arriving:
    """One server under an open loop; percentiles in milliseconds from the intended start, None beyond the limit."""

    median_ms: float | None  # half of all requests had their answer by then; those without one are slower than all
    p99_ms: float | None  # 99 of 100
    failed: float  # the share of requests without an answer of status 200 in time


@dataclass(frozen=True)
class Probes:
    """The measurements of single claims."""

    ms: dict[str, dict[str, list[float]]]  # of each answer, by `Probe`, then by place (`uvicorn`, `lambda`)
    held_back: dict[str, float]  # by place, for how much of a background task the answer was later than without it
    busy: Ratio | None  # answers that keep the processor busy: the event loop's of threads'; None if there were too few
    socket_ms: Spread  # a message's way to the server and back, over each of many open WebSockets
    socket_kb: float  # memory for an open WebSocket
    socket_event_status: int  # the status that the function gave a WebSocket's event


@dataclass(frozen=True)
class Figures:
    """What was measured, summed up; empty or None for what was not."""

    warm: dict[str, dict[str, Warm]] = field(default_factory=dict)  # by question, then by model
    closed: dict[str, dict[str, Crowded]] = field(default_factory=dict)  # by number of clients, then by server
    # by requests a second, then by server; a server that had failed at a lower rate is missing
    open: dict[str, dict[str, Arriving]] = field(default_factory=dict)
    probes: Probes | None = None
    databases: "Figures | None" = None  # the same of queries of a database, in place of calls


def figures(raw: Mapping[str, Any]) -> Figures:
    """Compute every figure anew from the raw data of a run."""
    of_lambda, of_servers, databases = raw.get("lambda"), raw.get("server", {}), raw.get("databases", {})
    closed, arriving = grouped(of_servers.get("closed", ()), "clients"), grouped(of_servers.get("open", ()), "rate")
    return Figures(
        _warm(of_lambda) if of_lambda else {},
        {str(clients): _crowded(grouped(rows, "server")) for clients, rows in closed.items()},
        {str(rate): _arriving(grouped(rows, "server")) for rate, rows in arriving.items()},
        _probes(raw["probes"]) if "probes" in raw else None,
        figures(databases) if "server" in databases else None,
    )


def _warm(raw: Mapping[str, Any]) -> dict[str, dict[str, Warm]]:
    memory = {name: model["memory_mb"] for name, model in raw["models"].items()}

    def of_model(name: str, of: Mapping[str, _Rows], billed: Mapping[str, Sequence[int]]) -> Warm:
        ms, mean = [row["ms"] for row in of[name]], statistics.mean(billed[name])
        others = {BASELINE, ASYNC} & billed.keys() - {name}
        against = {other: ratio(billed[name], billed[other]) for other in others}
        return Warm(
            Spread.of(ms, 1),
            Spread.of([row["cpu_ms"] for row in of[name]]),
            statistics.mean(ms),
            billed[name],
            mean,
            mean / 1000 * memory[name] / 1024,
            _dollars(mean, memory[name]),
            _dollars(mean, max(memory.values())),
            against.get(BASELINE),
            against.get(ASYNC),
        )

    found = {}
    for question, rows in grouped(raw["invocations"], "question").items():
        of = grouped(rows, "model")
        billed = {name: [math.ceil(row["ms"]) for row in own] for name, own in of.items()}
        found[question] = {name: of_model(name, of, billed) for name in of}
    return found


def _dollars(billed_ms: float, memory_mb: int) -> float:
    """Give the dollars of a million requests that are billed so long on average."""
    return price.cost(billed_ms * 1000, memory_mb, ARCHITECTURE) + price.MILLION_INVOCATIONS


def _crowded(rows: Mapping[str, _Rows]) -> dict[str, Crowded]:
    rates = {name: [len(row["latencies_ms"]) / row["seconds"] for row in of] for name, of in rows.items()}
    found = {}
    for name, of in rows.items():
        latencies = [latency for row in of for latency in row["latencies_ms"]]
        answers = sum(sum(row["statuses"].values()) for row in of)
        served = sum(row["answers_in_all"] for row in of)
        comparable = name != ASYNC and ASYNC in rates and any(rates[name])
        found[name] = Crowded(
            rates[name],
            Spread.of(rates[name], 1),
            percentile(latencies, 50) if latencies else None,
            round(1 - len(latencies) / answers, 4) if answers else 0.0,
            sum(row["cpu_s"] for row in of) * 1000 / served if served else None,
            max(row["resident_mb"] for row in of),
            ratio(rates[ASYNC], rates[name], statistics.mean) if comparable else None,
        )
    return found


def _arriving(rows: Mapping[str, _Rows]) -> dict[str, Arriving]:
    found = {}
    for name, of in rows.items():
        requests = sum(sum(row["statuses"].values()) + row["unanswered"] for row in of)
        answered = [latency for row in of for latency in row["latencies_ms"]]
        every = answered + [math.inf] * (requests - len(answered))
        median, p99 = (late if math.isfinite(late := percentile(every, part)) else None for part in (50, 99))
        found[name] = Arriving(median, p99, round(1 - len(answered) / requests, 4))
    return found


def _probes(raw: Mapping[str, Any]) -> Probes:
    ms = {what: {where: [took[where] for took in of] for where in of[0]} for what, of in raw["responses"].items()}
    late = {
        where: Spread.of(ms[Probe.TASK][where]).median - Spread.of(ms[Probe.PLAIN][where]).median
        for where in ms[Probe.PLAIN]
    }
    busy = grouped(raw["busy"], "path")
    loop, threads = (
        [len(row["latencies_ms"]) / row["seconds"] for row in busy[path]] for path in ("/busy/async", "/busy/threads")
    )
    before, after = raw["sockets"]["resident_mb"]
    return Probes(
        ms,
        {where: ms / raw["task_ms"] for where, ms in late.items()},
        ratio(loop, threads, statistics.mean) if any(threads) else None,
        Spread.of(raw["sockets"]["round_trips_ms"]),
        max(0.0, after - before) * 1000 / raw["sockets"]["open"],
        raw["socket_event_status"],
    )
