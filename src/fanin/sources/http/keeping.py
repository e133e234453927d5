"""Which connections are kept for later requests: few enough, not for long, and none that its peer has ended."""

import resource
import select
from collections.abc import Callable, Hashable, Iterable
from typing import Protocol

from fanin.engine.clock import steady

IDLE_SECONDS = 60.0
"""For how long an unused connection is kept."""
_LOOK_EVERY = 1.0
"""Seconds between two looks at all that is kept."""
_MOST = 4096


class Keepable(Protocol):
    """A connection that can be kept."""

    def fileno(self) -> int:
        """Give its socket's number; below 0 where it is closed, or has read bytes that nobody took."""

    def abort(self) -> None:
        """End it at once."""


def files_to_spare() -> int:
    """Give how many connections one client may have open: half of the files that the system lets this process open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST if soft == resource.RLIM_INFINITY else max(1, min(_MOST, soft // 2))


def heard[Connection: Keepable](connections: Iterable[Connection], seconds: float = 0.0) -> list[Connection]:
    """Give those connections that have something to read or have ended, in their order.

    The kernel is asked: while a loop stood still, or nobody looked, a peer may have closed or reset its end.

    Args:
        connections: the connections.
        seconds: how long to wait for the first.
    """
    poll, numbers = select.poll(), {}
    for connection in connections:
        number = numbers[connection] = connection.fileno()
        if number >= 0:
            poll.register(number, select.POLLIN)
    loud = dict(poll.poll(seconds * 1000))
    return [connection for connection, number in numbers.items() if number < 0 or number in loud]


class KeptConnections[Connection: Keepable, Origin: Hashable]:
    """The unused connections of a client, those used last first. It is for one thread at a time.

    Args:
        per_origin: how many each origin keeps.
        in_all: how many connections the client may have open, those in use included, before it gives unused ones up.
        seconds: how long one is kept.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        *,
        per_origin: int,
        in_all: int | None = None,
        seconds: float = IDLE_SECONDS,
        clock: Callable[[], float] = steady,
    ) -> None:
        self._per_origin = per_origin
        self._in_all = files_to_spare() if in_all is None else in_all
        self._seconds = seconds
        self._clock = clock
        self._idle: dict[Origin, dict[Connection, float]] = {}
        self._origins: dict[Connection, Origin] = {}
        self._look_at = clock() + _LOOK_EVERY

    def __len__(self) -> int:
        """Give how many are kept."""
        return len(self._origins)

    def take(self, origin: Origin) -> tuple[Connection | None, float]:
        """Take out the connection to an origin that was used last, and give the seconds since."""
        now = self._clock()
        if now >= self._look_at:
            self._look_around(now)
        idle = self._idle.get(origin)
        while idle:
            connection, since = idle.popitem()
            del self._origins[connection]
            if now - since < self._seconds and not heard([connection]):
                return connection, now - since
            connection.abort()
        return None, 0.0

    def put(self, origin: Origin, connection: Connection, in_use: int) -> None:
        """Keep a connection, or end it where there are enough.

        Args:
            origin: where it leads.
            connection: what is kept.
            in_use: how many others of the client are in use.
        """
        idle = self._idle.setdefault(origin, {})
        if len(idle) >= self._per_origin or in_use >= self._in_all:
            connection.abort()
            return
        idle[connection] = self._clock()
        self._origins[connection] = origin
        self.make_room(in_use)

    def make_room(self, in_use: int) -> None:
        """End unused connections, those that wait longest first, until there are no more than there may be open.

        Args:
            in_use: how many connections of the client are in use.
        """
        while self._origins and in_use + len(self._origins) > self._in_all:
            self._end([next(iter(self._origins))])

    def forget(self, connection: Connection) -> None:
        """Keep a connection no more, which has ended by itself."""
        origin = self._origins.pop(connection, None)
        if origin is not None:
            self._idle[origin].pop(connection, None)

    def clear(self) -> None:
        """End all that are kept."""
        self._end(list(self._origins))
        self._idle.clear()

    def _look_around(self, now: float) -> None:
        """End what is too old, and what its peer has ended: origins that nobody asks for must not keep theirs."""
        self._look_at = now + _LOOK_EVERY
        old = [
            connection
            for connection, origin in self._origins.items()
            if now - self._idle[origin][connection] >= self._seconds
        ]
        self._end({*old, *heard(self._origins)})
        self._idle = {origin: idle for origin, idle in self._idle.items() if idle}

    def _end(self, connections: Iterable[Connection]) -> None:
        for connection in connections:
            self.forget(connection)
            connection.abort()
