"""Raw data of a whole run, planted: what each model takes is said, and nothing drifts."""

from collections.abc import Mapping
from typing import Any

from benchmarks.contrast.figures import Probe
from benchmarks.contrast.models import IN_TURN, MODELS

THROUGHPUT: Mapping[str, float] = {
    "async": 1000,
    "threads": 190,
    "django-async": 450,
    "gunicorn-threads": 195,
    "gunicorn-sync": 5,
    "stock-shared": 30,
    "stock-new": 60,
    "stock-django": 190,
    "stock-blocking": 5,
    "django-asgi": 5,
}
QUERIES: Mapping[str, float] = {
    "async": 245,
    "threads": 195,
    "gunicorn-threads": 198,
    "gunicorn-sync": 5,
    "stock-asyncpg": 248,
    "stock-sqlalchemy": 120,
    "stock-django": 190,
    "stock-blocking": 5,
}
RESPONSES: Mapping[tuple[str, str], float] = {
    ("uvicorn", Probe.PLAIN): 1.0,
    ("uvicorn", Probe.TASK): 1.1,
    ("uvicorn", Probe.QUEUED): 4.0,
    ("lambda", Probe.PLAIN): 1.2,
    ("lambda", Probe.TASK): 502.0,
    ("lambda", Probe.QUEUED): 5.0,
}


def raw(
    *,
    durations: Mapping[tuple[str, int], float] | None = None,
    throughput: Mapping[str, float] | None = None,
    responses: Mapping[tuple[str, str], float] | None = None,
    queries: Mapping[str, float] | None = None,
    of_queries: Mapping[tuple[str, int], float] | None = None,
) -> dict[str, Any]:
    """Plant the raw data of a run.

    Args:
        durations: milliseconds of a model's requests of so many calls, in place of what one would expect.
        throughput: answers a second of servers to 1,000 clients, in place of those above.
        responses: milliseconds of answers by place and probe, in place of those above.
        queries: answers a second of servers that ask a database, in place of those above.
        of_queries: as `durations`, of requests that make queries.
    """
    return {
        "date": "2026-01-02",
        "machine": {"python": "3.13.0", "system": "Linux x86_64", "processor": "one", "cores": 2, "memory_gb": 8},
        "load_before": 0.1,
        "load_after": 0.2,
        "quick": False,
        "calibration": {
            "generator_rps": 20000,
            "upstream_rps": 4800,
            "upstream_ideal_rps": 5000,
            "upstream_ms": 200.5,
        },
        "lambda": _lambda(durations or {}),
        "server": _server({**THROUGHPUT, **(throughput or {})}),
        "databases": {
            "pool": 50,
            "call_ms": 100,
            "lambda": _lambda(of_queries or {}),
            "server": {**_server({**QUERIES, **(queries or {})}), "open": []},
        },
        "probes": _probes({**RESPONSES, **(responses or {})}),
    }


def _lambda(durations: Mapping[tuple[str, int], float]) -> dict[str, Any]:
    rows = []
    for calls in (1, 8):
        for model in MODELS:
            expected = 104.0 + calls / 2 if model.calls != IN_TURN else 102.0 * calls + 2
            ms = durations.get((model.name, calls), expected)
            rows += [
                {"model": model.name, "question": str(calls), "round": turn, "ms": ms, "cpu_ms": 3.0}
                for turn in range(3)
            ]
    return {
        "models": {
            model.name: {"function": model.function, "prefix": model.prefix, "calls": model.calls}
            | {"memory_mb": 512 if model.function == "SyncFunction" else 1024, "peak_mb": 55.0}
            for model in MODELS
        },
        "questions": {str(calls): f"/calls/{calls}" for calls in (1, 8)},
        "invocations": rows,
        "cold_starts": [
            {"model": model.name, "function": model.function, "init_ms": 300.0, "first_ms": 110.0, "peak_mb": 50.0}
            for model in MODELS
        ],
    }


def _server(throughput: Mapping[str, float]) -> dict[str, Any]:
    closed, arriving = [], []
    for name, most in throughput.items():
        for clients in (1, 50, 1000):
            if name in ("stock-blocking", "django-asgi") and clients != 50:
                continue
            answers = round(min(most, clients * 5) * 4)
            row: dict[str, Any] = {"server": name, "clients": clients, "seconds": 4.0}
            row |= {
                "statuses": {"200": answers},
                "latencies_ms": [210.0] * answers,
                "answers_in_all": answers,
                "unanswered": clients,
            }
            closed += [row | {"round": turn, "cpu_s": answers / 1000, "resident_mb": 60.0} for turn in range(2)]
        if name not in ("stock-blocking", "django-asgi"):
            row = {"server": name, "rate": 40, "round": 0, "seconds": 1.0, "statuses": {"200": 40}}
            row |= {"latencies_ms": [205.0] * 40, "answers_in_all": 40, "unanswered": 0}
            arriving.append(row | {"cpu_s": 0.1, "resident_mb": 60.0})
    return {
        "delay_ms": 200,
        "servers": {name: {"title": f"<{name}>", "worker": "Server", "clients": "some"} for name in throughput},
        "closed": closed,
        "open": arriving,
        "limit_s": 5.0,
    }


def _probes(responses: Mapping[tuple[str, str], float]) -> dict[str, Any]:
    return {
        "task_ms": 500,
        "responses": {what: [{where: ms for (where, of), ms in responses.items() if of == what}] * 3 for what in Probe},
        "sockets": {"open": 500, "round_trips_ms": [0.2] * 500, "resident_mb": [60.0, 75.0]},
        "socket_event_status": 400,
        "busy": [
            {"path": "/busy/async", "seconds": 2.0, "latencies_ms": [150.0] * 60},
            {"path": "/busy/threads", "seconds": 2.0, "latencies_ms": [155.0] * 58},
        ],
    }
