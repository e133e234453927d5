"""All figures, from the raw data."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from benchmarks.contrast import lambda_figures, server_figures
from benchmarks.contrast.lambda_figures import LambdaFigures, Warm
from benchmarks.contrast.models import BASELINE
from benchmarks.contrast.server_figures import Crowded, ServerFigures
from benchmarks.statistics import Ratio, Spread, grouped, ratio


class Probe(StrEnum):
    """What single claims are measured with, by its name in the report."""

    PLAIN = "an answer"
    TASK = "with a background task of half a second"
    QUEUED = "with work handed to SQS"


@dataclass(frozen=True)
class ProbeFigures:
    """The measurements of single claims."""

    # milliseconds of each answer, by `Probe`, then by place (`uvicorn`, `lambda`)
    ms: dict[str, dict[str, list[float]]]
    # by place, for how much of a background task's length the answer was later than without the task
    held_back: dict[str, float]
    # how many times as many answers as threads the event loop gave where each keeps the processor busy; None where
    # there were too few
    busy: Ratio | None
    socket_ms: Spread  # a message's way to the server and back, over each of many open WebSockets
    socket_kb: float  # memory for an open WebSocket
    socket_event_status: int  # the status that the function gave a WebSocket's event


@dataclass(frozen=True)
class Outside:
    """One model of a deployment, as a client sees it."""

    ms: Spread  # milliseconds from the request to the answer's end, the network's way included
    failed: float  # the share of answers that were not complete
    against: Ratio | None  # how many times the baseline's; None without one


@dataclass(frozen=True)
class Figures:
    """What was measured, summed up; None for what was not."""

    lambda_: LambdaFigures | None
    server: ServerFigures | None
    probes: ProbeFigures | None
    deployment: dict[str, Outside] | None
    databases: "Figures | None" = None  # the same of queries of a database, in place of calls

    @property
    def warm(self) -> Mapping[str, Mapping[str, Warm]]:
        """Warm requests on Lambda's terms, by question and model; empty if none were measured."""
        return self.lambda_.warm if self.lambda_ else {}

    @property
    def closed(self) -> Mapping[str, Mapping[str, Crowded]]:
        """Servers under closed loops, by number of clients and server; empty if none were measured."""
        return self.server.closed if self.server else {}


def figures(raw: Mapping[str, Any]) -> Figures:
    """Compute every figure anew from the raw data of a run."""
    databases = raw.get("databases", {})
    return Figures(
        lambda_figures.figures(raw["lambda"]) if "lambda" in raw else None,
        server_figures.figures(raw["server"]) if "server" in raw else None,
        _probes(raw["probes"]) if "probes" in raw else None,
        _deployment(raw["deployment"]) if "deployment" in raw else None,
        figures(databases) if "server" in databases else None,
    )


def _probes(raw: Mapping[str, Any]) -> ProbeFigures:
    ms = {what: {where: [took[where] for took in of] for where in of[0]} for what, of in raw["responses"].items()}
    plain, task = ms[Probe.PLAIN], ms[Probe.TASK]
    busy = grouped(raw["busy"], "path")
    loop, threads = (
        [len(row["latencies_ms"]) / row["seconds"] for row in busy[path]] for path in ("/busy/async", "/busy/threads")
    )
    before, after = raw["sockets"]["resident_mb"]
    return ProbeFigures(
        ms,
        {
            where: round((Spread.of(task[where]).median - Spread.of(plain[where]).median) / raw["task_ms"], 3)
            for where in plain
        },
        ratio(loop, threads, statistics.mean) if any(threads) else None,
        Spread.of(raw["sockets"]["round_trips_ms"]),
        round(max(0.0, after - before) * 1000 / raw["sockets"]["open"], 1),
        raw["socket_event_status"],
    )


def _deployment(raw: Mapping[str, Any]) -> dict[str, Outside]:
    asked = grouped(raw["requests"], "model")
    took = {name: [row["ms"] for row in rows if row["complete"]] for name, rows in asked.items()}
    return {
        name: Outside(
            Spread.of(samples, 1),
            round(1 - len(samples) / len(asked[name]), 4),
            ratio(samples, took[BASELINE]) if name != BASELINE and took.get(BASELINE) else None,
        )
        for name, samples in took.items()
        if samples
    }
