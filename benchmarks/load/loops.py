"""The two ways to ask: clients that wait for their answers, and requests that arrive whatever the server does."""

import asyncio
import random
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from time import monotonic  # not the loop's: uvloop's clock goes by milliseconds
from typing import Any, Final

from benchmarks.load.connection import LOST, Connection

_PAUSE: Final = 0.01
"""Seconds before a client whose connection was refused or lost tries again."""


@dataclass(frozen=True)
class Target:
    """What is asked: GET of a path on a loopback port."""

    port: int
    path: str

    @property
    def request(self) -> bytes:
        """The request's bytes."""
        return f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nAccept: */*\r\n\r\n".encode()


@dataclass(frozen=True)
class Closed:
    """So many clients, each asking again when it has its answer."""

    clients: int  # how many
    warm_up: float  # seconds before anything counts
    seconds: float  # how long answers are counted


@dataclass(frozen=True)
class Open:
    """Requests that arrive at random moments, at a rate that the server's slowness does not change."""

    rate: float  # requests a second; the time between two is exponentially distributed
    seconds: float  # how long they arrive
    limit: float  # seconds from its intended start after which a request counts as not answered
    seed: int = 0  # of the moments


@dataclass
class Load:
    """What came of it."""

    seconds: float  # how long answers were counted
    statuses: dict[int, int] = field(default_factory=dict)  # answers by status; 0 for connections that ended instead
    # of the answers with status 200: from the send in a closed loop, from the intended start in an open one
    latencies_ms: list[float] = field(default_factory=list)
    # answers at any time, the warm-up's included: what the server's processor time was spent on
    answers_in_all: int = 0
    unanswered: int = 0  # requests without an answer at the end, or in time


async def closed(target: Target, wanted: Closed) -> Load:
    """Run a closed loop: throughput is what it tells; its latencies leave out the requests that nobody got to send."""
    start = monotonic() + wanted.warm_up
    end = start + wanted.seconds
    statuses: Counter[int] = Counter()
    latencies: list[float] = []
    answers, waiting = 0, 0

    async def client() -> None:
        nonlocal answers, waiting
        connections = _Connections(target)
        try:
            while True:
                sent = monotonic()
                waiting += 1
                status = await connections.ask()
                waiting -= 1
                answers += 1
                now = monotonic()
                if start <= now < end:
                    statuses[status] += 1
                    if status == 200:
                        latencies.append(now - sent)
                if status == LOST:
                    await asyncio.sleep(_PAUSE)
        finally:
            connections.close()

    clients = [asyncio.ensure_future(client()) for _ in range(wanted.clients)]
    await asyncio.wait(clients, timeout=end - monotonic())
    counted = answers, waiting
    await _end(clients)
    return Load(wanted.seconds, dict(statuses), _milliseconds(latencies), *counted)


async def open_loop(target: Target, wanted: Open) -> Load:
    """Run an open loop: every request counts from the moment it should have been sent, answered or not."""
    began = monotonic() + 0.05
    connections = _Connections(target)

    async def request(intended: float) -> tuple[int, float]:
        await asyncio.sleep(intended - monotonic())
        status = await connections.ask()
        return status, monotonic() - intended

    requests = [asyncio.ensure_future(request(began + moment)) for moment in moments(wanted)]
    ended, late = await asyncio.wait(requests, timeout=began + wanted.seconds + wanted.limit - monotonic())
    await _end(late)
    connections.close()
    in_time = [(status, took) for status, took in (one.result() for one in ended) if took <= wanted.limit]
    return Load(
        wanted.seconds,
        dict(Counter(status for status, _ in in_time)),
        _milliseconds([took for status, took in in_time if status == 200]),
        len(in_time),
        len(requests) - len(in_time),
    )


class _Connections:
    """Connections to a target: as many as there are requests at once."""

    def __init__(self, target: Target) -> None:
        self._port, self._request = target.port, target.request
        self._idle: list[Connection] = []
        self._every: set[Connection] = set()

    async def ask(self) -> int:
        """Send the request over a connection that is free, or over a new one; give the answer's status, or `LOST`."""
        connection = self._idle.pop() if self._idle else None
        if connection is None or connection.closed:
            try:
                loop = asyncio.get_running_loop()
                _, connection = await loop.create_connection(Connection, "127.0.0.1", self._port)
            except OSError:
                return LOST
            self._every.add(connection)
        status = await connection.ask(self._request)
        if connection.closed:
            self._every.discard(connection)
        else:
            self._idle.append(connection)
        return status

    def close(self) -> None:
        """End them all."""
        for connection in self._every:
            connection.close()


async def _end(tasks: Collection[asyncio.Future[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _milliseconds(seconds: Sequence[float]) -> list[float]:
    return [round(each * 1000, 1) for each in seconds]


def moments(wanted: Open) -> Sequence[float]:
    """Give the seconds after the start at which requests arrive; there is at least one."""
    draw = random.Random(wanted.seed)  # noqa: S311 - arrivals, no secret
    found = [draw.expovariate(wanted.rate)]
    while found[-1] < wanted.seconds:
        found.append(found[-1] + draw.expovariate(wanted.rate))
    return found[:-1] or [0.0]
