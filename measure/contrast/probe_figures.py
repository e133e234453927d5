"""What the raw data of the measurements of single claims come to."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from measure.statistics import Ratio, Spread, percentile, ratio


@dataclass(frozen=True)
class ProbeFigures:
    """All of it; milliseconds, by place (`uvicorn`, `lambda`).

    Args:
        plain_ms: an answer without further work.
        task_ms: an answer with a background task behind it.
        queued_ms: an answer after the work was handed to a queue.
        held_back: of how much of the task's length the answer was later for it.
        waiting: how many times as long queries that wait for a database take in turn as at once.
        computing: the same for queries that a processor of the same machine works on.
        busy: how many times as many answers as threads the event loop gave where each keeps the processor busy; None
            where there were too few.
        socket_ms: a message's way to the server and back, over one of many open WebSockets.
        socket_kb: memory for an open WebSocket.
        socket_refused: whether the function refused a WebSocket's event.
    """

    plain_ms: dict[str, Spread]
    task_ms: dict[str, Spread]
    queued_ms: dict[str, Spread]
    held_back: dict[str, float]
    waiting: dict[str, Ratio]
    computing: dict[str, Ratio]
    busy: Ratio | None
    socket_ms: Spread
    socket_kb: float
    socket_refused: bool


def figures(raw: Mapping[str, Any]) -> ProbeFigures:
    """Sum up what was measured."""
    places = list(dict.fromkeys(row["where"] for row in raw["responses"]))

    def of(where: str, path: str) -> list[float]:
        return [row["ms"] for row in raw["responses"] if (row["where"], row["path"]) == (where, path)]

    def against(kind: str) -> dict[str, Ratio]:
        many = raw["queries"]
        return {
            where: ratio(of(where, f"/queries/{kind}/in-turn/{many}"), of(where, f"/queries/{kind}/at-once/{many}"))
            for where in places
        }

    plain = {where: Spread.of(of(where, "/nothing")) for where in places}
    task = {where: Spread.of(of(where, f"/task/{raw['task_ms']}")) for where in places}
    before, after = raw["sockets"]["resident_mb"]
    trips = raw["sockets"]["round_trips_ms"]
    return ProbeFigures(
        plain,
        task,
        {where: Spread.of(of(where, "/queued")) for where in places},
        {where: round((task[where].median - plain[where].median) / raw["task_ms"], 3) for where in places},
        against("waiting"),
        against("computing"),
        _busy(raw),
        Spread(
            percentile(trips, 50),
            percentile(trips, 25),
            percentile(trips, 75),
            len(trips),
        ),
        round(max(0.0, after - before) * 1000 / raw["sockets"]["open"], 1),
        raw["socket_event_status"] >= 400,
    )


def _busy(raw: Mapping[str, Any]) -> Ratio | None:
    """Compare by the time between answers: each loop has one window, whose answers are many."""
    by_path = {row["path"]: row for row in raw["busy"]}
    loop, threads = (by_path[path]["latencies_ms"] for path in ("/busy/async", "/busy/threads"))
    return ratio(threads, loop) if loop and threads else None
