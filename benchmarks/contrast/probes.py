"""Small measurements that single claims need, of `apps/single.py` under Uvicorn and in Lambda's runtime."""

import asyncio
import contextlib
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import boto3
from websockets.asyncio.client import connect

from benchmarks import emulator, linux
from benchmarks import servers as measured
from benchmarks.configuration import LOOPBACK
from benchmarks.contrast.figures import Probe
from benchmarks.contrast.server_terms import APPS
from benchmarks.contrast.settings import Settings
from benchmarks.interleaving import sampled
from benchmarks.load import Closed
from benchmarks.place import Place
from benchmarks.statistics import ENOUGH
from fanin.local.process.console import Problem
from fanin.local.process.processes import Processes
from fanin.local.stack import servers
from fanin.testing.event import event_of

TASK_MS: Final = 500
"""How long the work behind an answer takes."""
_PATHS: Final = {Probe.PLAIN: "/nothing", Probe.TASK: f"/task/{TASK_MS}", Probe.QUEUED: "/queued"}
_CLIENTS: Final = 10
"""Clients that keep the processor busy."""
_CONNECT: Final = {
    "requestContext": {"routeKey": "$connect", "eventType": "CONNECT", "connectionId": "c=", "stage": "live"},
    "isBase64Encoded": False,
}


def measure(place: Place, settings: Settings) -> dict[str, Any]:
    """Measure them; the gateway's layers have what the application imports.

    Returns:
        the raw data: `responses` by probe, round and place, `busy`, `sockets`, and the status of a WebSocket's event.
    """
    server = measured.Server("single", f"{APPS}.single:app", "/nothing")
    bundle = replace(place.bundles["GatewayFunction"], task=Path(__file__).parent / "apps", function="Single")
    variables = _with_queue(place.processes)

    def busy(path: str) -> dict[str, Any]:
        with measured.serving(server, variables, place.processes) as running:
            load = place.load(running.port, path, Closed(_CLIENTS, 0.3, settings.busy_seconds))
        return {"path": path, "seconds": load.seconds, "latencies_ms": load.latencies_ms}

    with (
        measured.serving(server, variables, place.processes) as running,
        emulator.environment(bundle, variables, place.processes, "single.handler") as environment,
    ):

        def answered(what: Probe) -> dict[str, float]:
            invocation = environment.invoke(event_of("GET", _PATHS[what], {}, {}, b""))
            if invocation.answer["statusCode"] != 200:
                raise Problem(f"{_PATHS[what]} answered {invocation.answer}")
            return {"uvicorn": measured.timed(running.port, _PATHS[what]), "lambda": round(invocation.ms, 2)}

        answers = sampled("Single claims: answers", dict.fromkeys(_PATHS, settings.probes), answered, leaving_out=1)
        before = linux.held_mb(running.worker)
        round_trips_ms = asyncio.run(_echoes(running.port, settings.sockets))
        memory = [before, linux.held_mb(running.worker)]
        refused = environment.invoke(_CONNECT).answer["statusCode"]
    cases = dict.fromkeys(("/busy/async", "/busy/threads"), min(settings.probes, ENOUGH))
    return {
        "task_ms": TASK_MS,
        "responses": answers,
        "sockets": {"open": settings.sockets, "round_trips_ms": round_trips_ms, "resident_mb": memory},
        "socket_event_status": refused,
        "busy": [row for rows in sampled("Single claims: a busy processor", cases, busy).values() for row in rows],
    }


def _with_queue(processes: Processes) -> dict[str, str]:
    """Start an embedded AWS with a queue; gives the environment in which it is reached."""
    aws = servers.embedded_aws(processes)
    aws.wait()
    environment = servers.environment_of(aws) | {"AWS_REGION": servers.REGION}
    key, secret = environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
    sqs = boto3.client("sqs", servers.REGION, endpoint_url=aws.url, aws_access_key_id=key, aws_secret_access_key=secret)
    reached = {name: value for name, value in environment.items() if name.startswith("AWS_")}
    return reached | {"CONTRAST_QUEUE": sqs.create_queue(QueueName="contrast")["QueueUrl"], "FANIN_ALLOW": LOOPBACK}


async def _echoes(port: int, many: int) -> list[float]:
    """Open so many sockets at once, and give the milliseconds of a message's way there and back, one for each."""
    async with contextlib.AsyncExitStack() as ends:
        url = f"ws://127.0.0.1:{port}/echo"
        opening = [connect(url, compression=None, proxy=None) for _ in range(many)]
        connected = await asyncio.gather(*map(ends.enter_async_context, opening))
        took = []
        for socket in connected:
            began = time.perf_counter()
            await socket.send("hello")
            await socket.recv()
            took.append(round((time.perf_counter() - began) * 1000, 3))
        return took
