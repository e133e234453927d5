"""Connections that the tasks of an event loop share: a bounded number, each for one at a time."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from fanin.engine.outcome import Clock
from fanin.engine.snapshots import forgotten_in_snapshots
from fanin.sources.sql.blocking_pool import KEPT


@dataclass(slots=True)
class _OfLoop[Connection]:
    """What belongs to one loop: connections are of no use to another."""

    places: asyncio.Semaphore
    idle: deque[tuple[Connection, float]] = field(default_factory=deque)


@dataclass(slots=True)
class Place[Connection]:
    """A place in the pool, which has to be given back, or dropped, once.

    Args:
        connection: the one that was there; None for a new one to be made.
        idle: seconds that nobody used it.
    """

    _pool: "LoopPool[Connection]"
    _of: _OfLoop[Connection]
    connection: Connection | None
    idle: float = 0.0

    def give_back(self) -> None:
        """Give it back with its connection."""
        assert self.connection is not None
        self._pool.put(self._of, self.connection)
        self._of.places.release()

    def drop(self) -> None:
        """Give it back without its connection, which ends."""
        self.lose()
        self._of.places.release()

    def lose(self) -> None:
        """End its connection."""
        if self.connection is not None:
            self._pool.close_one(self.connection)
            self.connection = None


class LoopPool[Connection]:
    """A pool.

    Args:
        size: how many connections there may be.
        clock: gives seconds.
        close: ends one, at once.
    """

    def __init__(self, size: int, clock: Clock, close: Callable[[Connection], None]) -> None:
        self._size = size
        self._clock = clock
        self.close_one = close
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _OfLoop[Connection]] = WeakKeyDictionary()
        self._closed = False
        forgotten_in_snapshots(self._end_idle)

    async def take(self) -> Place[Connection]:
        """Wait for a place; how long is the caller's to bound."""
        loop = asyncio.get_running_loop()
        if (of := self._loops.get(loop)) is None:
            of = self._loops[loop] = _OfLoop(asyncio.Semaphore(self._size))
        await of.places.acquire()
        now = self._clock()
        while of.idle and now - of.idle[0][1] > KEPT:
            self.close_one(of.idle.popleft()[0])
        if not of.idle:
            return Place(self, of, None)
        connection, since = of.idle.pop()
        return Place(self, of, connection, now - since)

    def put(self, of: _OfLoop[Connection], connection: Connection) -> None:
        """Take a connection back."""
        if self._closed:
            self.close_one(connection)
        else:
            of.idle.append((connection, self._clock()))

    def close(self) -> None:
        """End what nobody uses; what is in use ends when it comes back."""
        self._closed = True
        self._end_idle()

    def _end_idle(self) -> None:
        for of in self._loops.values():
            while of.idle:
                self.close_one(of.idle.popleft()[0])
