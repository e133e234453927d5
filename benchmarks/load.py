"""The load generator: clients that wait for their answers, and requests that arrive whatever the server does.

It asks over kept-alive connections of HTTP/1.1, in a process of its own, off the measured core.
"""

import asyncio
import contextlib
import gc
import multiprocessing
import random
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic  # not the loop's: uvloop's clock goes by milliseconds
from typing import Any, Final, cast

from httptools import HttpResponseParser

from benchmarks import linux

LOST: Final = 0
"""The status of a request whose connection was refused, or ended before its answer did."""
_PAUSE: Final = 0.01
"""Seconds before a client whose connection was refused or lost tries again."""
_SEED: Final = 0
"""Of the moments at which requests arrive."""
_WITHIN: Final = 120.0
"""Seconds within which a load must be over."""


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


@dataclass
class Load:
    """What came of it."""

    seconds: float  # how long answers were counted
    statuses: dict[int, int] = field(default_factory=dict)  # answers by status, or `LOST`
    # of the answers with status 200: from the send in a closed loop, from the intended start in an open one
    latencies_ms: list[float] = field(default_factory=list)
    # answers at any time, the warm-up's included: what the server's processor time was spent on
    answers_in_all: int = 0
    unanswered: int = 0  # requests without an answer at the end, or in time


type Generator = Callable[[int, str, Closed | Open], Load]
"""Puts a load on a loopback port, GET of a path, and waits for its end."""


@contextlib.contextmanager
def generator() -> Iterator[Generator]:
    """Run the generator in a process of its own, as long as the context lasts."""
    with multiprocessing.get_context("spawn").Pool(1, linux.begin, (linux.MEASURING,)) as pool:
        yield lambda *load: pool.apply_async(_generate, load).get(_WITHIN)


def _generate(port: int, path: str, wanted: Closed | Open) -> Load:
    import uvloop

    gc.disable()
    gc.collect()
    asking = closed(port, path, wanted) if isinstance(wanted, Closed) else open_loop(port, path, wanted)
    load: Load = uvloop.run(asking)
    return load


async def closed(port: int, path: str, wanted: Closed) -> Load:
    """Run a closed loop: throughput is what it tells; its latencies leave out the requests that nobody got to send."""
    start = monotonic() + wanted.warm_up
    end = start + wanted.seconds
    connections, statuses, latencies = _Connections(port, path), Counter[int](), list[float]()
    answers, waiting = 0, 0

    async def client() -> None:
        nonlocal answers, waiting
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

    clients = [asyncio.ensure_future(client()) for _ in range(wanted.clients)]
    await asyncio.wait(clients, timeout=end - monotonic())
    load = Load(wanted.seconds, dict(statuses), _milliseconds(latencies), answers, waiting)
    await connections.end(clients)
    return load


async def open_loop(port: int, path: str, wanted: Open) -> Load:
    """Run an open loop: every request counts from the moment it should have been sent, answered or not."""
    began = monotonic() + 0.05
    connections = _Connections(port, path)

    async def request(intended: float) -> tuple[int, float]:
        await asyncio.sleep(intended - monotonic())
        status = await connections.ask()
        return status, monotonic() - intended

    requests = [asyncio.ensure_future(request(began + moment)) for moment in moments(wanted)]
    ended, late = await asyncio.wait(requests, timeout=began + wanted.seconds + wanted.limit - monotonic())
    await connections.end(late)
    in_time = [(status, took) for status, took in (one.result() for one in ended) if took <= wanted.limit]
    latencies = _milliseconds([took for status, took in in_time if status == 200])
    statuses = dict(Counter(status for status, _ in in_time))
    return Load(wanted.seconds, statuses, latencies, len(in_time), len(requests) - len(in_time))


def moments(wanted: Open) -> Sequence[float]:
    """Give the seconds after the start at which requests arrive; there is at least one."""
    draw = random.Random(_SEED)  # noqa: S311 - arrivals, no secret
    found = [draw.expovariate(wanted.rate)]
    while found[-1] < wanted.seconds:
        found.append(found[-1] + draw.expovariate(wanted.rate))
    return found[:-1] or [0.0]


def _milliseconds(seconds: Sequence[float]) -> list[float]:
    return [round(each * 1000, 1) for each in seconds]


class _Connections:
    """Connections to a server: as many as there are requests at once."""

    def __init__(self, port: int, path: str) -> None:
        self._port = port
        self._request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\n\r\n".encode()
        self._idle: list[_Connection] = []
        self._every: set[_Connection] = set()

    async def ask(self) -> int:
        """Send the request over a connection that is free, or over a new one; give the answer's status, or `LOST`."""
        connection = self._idle.pop() if self._idle else None
        if connection is None or connection.closed:
            try:
                loop = asyncio.get_running_loop()
                _, connection = await loop.create_connection(_Connection, "127.0.0.1", self._port)
            except OSError:
                return LOST
            self._every.add(connection)
        status = await connection.ask(self._request)
        if connection.closed:
            self._every.discard(connection)
        else:
            self._idle.append(connection)
        return status

    async def end(self, asking: Collection[asyncio.Future[Any]]) -> None:
        """End those who ask, and all connections."""
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        for connection in self._every:
            connection.transport.abort()


class _Connection(asyncio.Protocol):
    """Sends a request, reads its answer to the end, and can be used again unless it is `closed`."""

    closed = False
    _answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is of no class of asyncio's
        self._parser = HttpResponseParser(self)

    def ask(self, request: bytes) -> asyncio.Future[int]:
        """Send a request, the one before having been answered; gives the answer's status, or `LOST`."""
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Hand over the answer's status; called by the parser."""
        if not self._parser.should_keep_alive():
            self.closed = True
            self.transport.close()
        self._end(self._parser.get_status_code())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio hands it over
        self.closed = True
        self._end(LOST)

    def _end(self, status: int) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_result(status)
