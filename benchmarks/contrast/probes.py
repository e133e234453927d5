"""Small measurements that single claims need, of `apps/single.py` under Uvicorn and in Lambda's runtime."""

import asyncio
import contextlib
import http.client
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from websockets.asyncio.client import connect

from benchmarks import servers as measured
from benchmarks.configuration import LOOPBACK
from benchmarks.contrast.figures import Probe
from benchmarks.emulator import Bundle, Environment
from benchmarks.interleaving import part, rotated
from benchmarks.load.generator import Generator
from benchmarks.load.loops import Closed, Target
from benchmarks.statistics import ENOUGH
from fanin.aws.client import Aws
from fanin.local.process import ports
from fanin.local.process.processes import Processes
from fanin.local.stack import servers
from fanin.testing.event import event_of

TASK_MS: Final = 500
"""How long the work behind an answer takes."""
_WITHIN: Final = 30.0
_PATHS: Final = {
    Probe.PLAIN: "/nothing",
    Probe.TASK: f"/task/{TASK_MS}",
    Probe.QUEUED: "/queued",
}
_WARM_UP: Final = (Probe.PLAIN, Probe.QUEUED)
_CLIENTS: Final = 10
"""Clients that keep the processor busy."""
_CONNECT: Final = {
    "requestContext": {"routeKey": "$connect", "eventType": "CONNECT", "connectionId": "c=", "stage": "live"},
    "isBase64Encoded": False,
}


@dataclass(frozen=True)
class Amount:
    """How much is measured."""

    rounds: int  # requests of each kind
    sockets: int  # WebSockets open at once
    seconds: float  # of each closed loop


def measure(gateway: Bundle, amount: Amount, generator: Generator, processes: Processes) -> dict[str, Any]:
    """Measure them; the gateway's layers have what the application imports.

    Returns:
        the raw data: `responses` by place and probe, `busy`, `sockets`, and the status of a WebSocket's event.
    """
    server = measured.uvicorn("single", "benchmarks.contrast.apps.single:app", "/nothing")
    loops = min(amount.rounds, ENOUGH)
    with part("Single claims", amount.rounds + 1 + loops) as advance, _queue(processes) as variables:
        bundle = replace(gateway, task=Path(__file__).parent / "apps", function="Single")
        with (
            measured.serving(server, variables, processes) as running,
            Environment(bundle, variables, processes, "single.handler") as environment,
        ):
            rows: list[dict[str, Any]] = []
            for turn in range(-1, amount.rounds):
                for what in _PATHS if turn >= 0 else _WARM_UP:
                    path = _PATHS[what]
                    took = {"uvicorn": _timed(running.port, path), "lambda": _invoked(environment, path)}
                    rows += [{"where": where, "what": what, "round": turn, "ms": ms} for where, ms in took.items()]
                if turn >= 0:
                    advance()
            before = round(running.resident_mb, 1)
            sockets = {"open": amount.sockets, "round_trips_ms": asyncio.run(_echoes(running.port, amount.sockets))}
            sockets["resident_mb"] = [before, round(running.resident_mb, 1)]
            refused = environment.invoke(_CONNECT).answer["statusCode"]
            advance()
        busy = []
        for turn in range(loops):
            for path in rotated(("/busy/async", "/busy/threads"), turn):
                with measured.serving(server, variables, processes) as running:
                    load = generator.run(Closed(Target(running.port, path), _CLIENTS, 0.3, amount.seconds))
                busy.append({"path": path, "seconds": load.seconds, "latencies_ms": load.latencies_ms})
            advance()
    return {
        "task_ms": TASK_MS,
        "responses": [row for row in rows if row["round"] >= 0],
        "sockets": sockets,
        "socket_event_status": refused,
        "busy": busy,
    }


@contextlib.contextmanager
def _queue(processes: Processes) -> Iterator[Mapping[str, str]]:
    """Run an embedded AWS with a queue; gives the environment in which it is reached."""
    aws = servers.embedded_aws(processes)
    aws.wait()
    environment = servers.environment_of(aws) | {"AWS_REGION": servers.REGION}
    url = asyncio.run(_create_queue(environment))
    reached = {name: value for name, value in environment.items() if name.startswith("AWS_")}
    try:
        yield reached | {"CONTRAST_QUEUE": url, "FANIN_ALLOW": LOOPBACK}
    finally:
        aws.process.terminate()


async def _create_queue(environment: Mapping[str, str]) -> str:
    aws = Aws(environment, ssl.create_default_context())
    try:
        answer = await aws.call("sqs", "CreateQueue", {"QueueName": "contrast"}, timeout=_WITHIN)
    finally:
        await aws.aclose()
    return str(answer["QueueUrl"])


def _timed(port: int, path: str) -> float:
    """Give the milliseconds from the request's first byte to the answer's last; the connection is there already."""
    with contextlib.closing(http.client.HTTPConnection(ports.LOOPBACK, port, timeout=_WITHIN)) as connection:
        connection.connect()
        began = time.perf_counter()
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        took = time.perf_counter() - began
    if response.status != 200:
        raise RuntimeError(f"{path} answered {response.status}")
    return round(took * 1000, 2)


def _invoked(environment: Environment, path: str) -> float:
    invocation = environment.invoke(event_of("GET", path, {}, {}, b""))
    if invocation.answer["statusCode"] != 200:
        raise RuntimeError(f"{path} answered {invocation.answer}")
    return round(invocation.ms, 2)


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
