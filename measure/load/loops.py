"""The two ways to ask: clients that wait for their answers, and requests that arrive whatever the server does."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic  # not the loop's: uvloop's clock goes by milliseconds
from typing import Final

from measure.load.connection import LOST, Connection
from measure.statistics import percentile

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

    target: Target
    clients: int  # how many
    warm_up: float  # seconds before anything counts
    seconds: float  # how long answers are counted


@dataclass(frozen=True)
class Open:
    """Requests that arrive at random moments, at a rate that the server's slowness does not change."""

    target: Target
    rate: float  # requests a second; the time between two is exponentially distributed
    seconds: float  # how long they arrive
    limit: float  # seconds from its intended start after which a request counts as not answered
    seed: int  # of the moments


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
    lag_ms: float = 0.0  # the 99th percentile of how much later than intended the generator sent


async def closed(wanted: Closed) -> Load:
    """Run a closed loop: throughput is what it tells; its latencies leave out the requests that nobody got to send."""
    start = monotonic() + wanted.warm_up
    end = start + wanted.seconds
    clients = [_Client(wanted.target, start, end) for _ in range(wanted.clients)]
    for client in clients:
        client.begin()
    await asyncio.sleep(end - monotonic())
    for client in clients:
        client.stop()
    statuses: Counter[int] = Counter()
    for client in clients:
        statuses += client.statuses
    return Load(
        wanted.seconds,
        dict(statuses),
        [round(latency * 1000, 1) for client in clients for latency in client.latencies],
        sum(client.answers for client in clients),
        sum(client.waiting for client in clients),
    )


class _Client:
    """One of the clients of a closed loop."""

    def __init__(self, target: Target, start: float, end: float) -> None:
        self._target = target
        self._request = target.request
        self._start, self._end = start, end
        self._loop = asyncio.get_running_loop()
        self._connection: Connection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._stopped = False
        self.statuses: Counter[int] = Counter()
        self.latencies: list[float] = []
        self.answers = 0
        self.waiting = False

    def begin(self) -> None:
        self._sent = monotonic()
        self.waiting = True
        if self._connection is None or self._connection.closed:
            self._connecting = self._loop.create_task(self._connect())
        else:
            self._connection.send(self._request, self._answered)

    def stop(self) -> None:
        self._stopped = True
        if self._connecting is not None:
            self._connecting.cancel()
        if self._connection is not None:
            self._connection.close()

    async def _connect(self) -> None:
        try:
            _, self._connection = await self._loop.create_connection(Connection, "127.0.0.1", self._target.port)
        except OSError:
            self._done(LOST)
        else:
            self._connection.send(self._request, self._answered)

    def _answered(self, _: Connection, status: int) -> None:
        self._done(status)

    def _done(self, status: int) -> None:
        now = monotonic()
        self.answers += 1
        if self._start <= now < self._end:
            self.statuses[status] += 1
            if status == 200:
                self.latencies.append(now - self._sent)
        self.waiting = False
        if self._stopped:
            return
        if status == LOST:
            self._loop.call_later(_PAUSE, self._again)
        else:
            self.begin()

    def _again(self) -> None:
        if not self._stopped:
            self.begin()


async def open_loop(wanted: Open) -> Load:
    """Run an open loop: every request counts from the moment it should have been sent, answered or not."""
    arrivals = _Arrivals(wanted)
    await arrivals.over()
    return arrivals.load()


class _Arrivals:
    def __init__(self, wanted: Open) -> None:
        self._wanted = wanted
        self._request = wanted.target.request
        self._loop = asyncio.get_running_loop()
        self._began = monotonic() + 0.05
        self._moments = moments(wanted)
        self._next = 0
        self._left = len(self._moments)
        self._idle: list[Connection] = []
        self._every: set[Connection] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._statuses: Counter[int] = Counter()
        self._latencies: list[float] = []
        self._lags: list[float] = []
        self._all_answered = asyncio.Event()

    async def over(self) -> None:
        """Wait until every request has its answer, or has waited too long."""
        last = self._began + self._wanted.seconds + self._wanted.limit
        self._later()
        try:
            async with asyncio.timeout(last - monotonic()):
                await self._all_answered.wait()
        except TimeoutError:
            pass
        for task in self._connecting:
            task.cancel()
        for connection in self._every:
            connection.close()

    def load(self) -> Load:
        in_time = sum(self._statuses.values())
        return Load(
            self._wanted.seconds,
            dict(self._statuses),
            [round(latency * 1000, 1) for latency in self._latencies],
            in_time,
            len(self._moments) - in_time,
            round(percentile(self._lags, 99) * 1000, 2),
        )

    def _arrive(self) -> None:
        now = monotonic()
        while self._next < len(self._moments) and self._began + self._moments[self._next] <= now:
            intended = self._began + self._moments[self._next]
            self._next += 1
            self._lags.append(now - intended)
            self._send(intended)
        if self._next < len(self._moments):
            self._later()

    def _later(self) -> None:
        self._loop.call_later(max(0.0, self._began + self._moments[self._next] - monotonic()), self._arrive)

    def _send(self, intended: float) -> None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed:
                connection.send(self._request, self._ended(intended))
                return
        task = self._loop.create_task(self._connect(intended))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, intended: float) -> None:
        try:
            _, connection = await self._loop.create_connection(Connection, "127.0.0.1", self._wanted.target.port)
        except OSError:
            self._count(LOST, intended)
        else:
            self._every.add(connection)
            connection.send(self._request, self._ended(intended))

    def _ended(self, intended: float) -> Callable[[Connection, int], None]:
        def answered(connection: Connection, status: int) -> None:
            if connection.closed:
                self._every.discard(connection)
            else:
                self._idle.append(connection)
            self._count(status, intended)

        return answered

    def _count(self, status: int, intended: float) -> None:
        took = monotonic() - intended
        if took <= self._wanted.limit:
            self._statuses[status] += 1
            if status == 200:
                self._latencies.append(took)
        self._left -= 1
        if not self._left:
            self._all_answered.set()


def moments(wanted: Open) -> Sequence[float]:
    """Give the seconds after the start at which requests arrive; there is at least one."""
    draw = random.Random(wanted.seed)  # noqa: S311 - arrivals, no secret
    found = [draw.expovariate(wanted.rate)]
    while found[-1] < wanted.seconds:
        found.append(found[-1] + draw.expovariate(wanted.rate))
    return found[:-1] or [0.0]
