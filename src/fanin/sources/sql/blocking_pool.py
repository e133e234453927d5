"""Connections that threads share: a bounded number, each for one at a time, made when they are needed."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock, Semaphore
from weakref import finalize

from fanin.engine.outcome import Clock
from fanin.engine.snapshots import forgotten_in_snapshots

KEPT = 300.0
"""Seconds for which a connection is kept that nobody uses."""


@dataclass(slots=True)
class Lent[Connection]:
    """A place in the pool.

    Args:
        kept: the connection that was there; None for a new one to be made.
        idle: seconds that nobody used it.
    """

    kept: Connection | None
    idle: float = 0.0
    _back: Connection | None = None
    _used: Connection | None = None

    def use(self, connection: Connection) -> Connection:
        """Have a connection closed at the end, unless it goes back: Python may take long to collect it."""
        self._used = connection
        return connection

    def keep(self, connection: Connection) -> None:
        """Have a connection go back into the pool at the end."""
        self._back = connection

    def drop(self) -> None:
        """Have none go back."""
        self._back = None

    @property
    def back(self) -> Connection | None:
        """What goes back."""
        return self._back

    @property
    def over(self) -> Connection | None:
        """What is closed."""
        return self._used if self._back is None else None


class BlockingPool[Connection]:
    """A pool.

    Args:
        size: how many connections there may be.
        clock: gives seconds.
        close: closes one.
    """

    def __init__(self, size: int, clock: Clock, close: Callable[[Connection], None]) -> None:
        self._places = Semaphore(size)
        self._clock = clock
        self._close = close
        self._lock = Lock()
        self._idle: deque[tuple[Connection, float]] = deque()
        self._closed = False
        finalize(self, _close_all, self._idle, close)  # what an environment has lasts as long as the environment
        forgotten_in_snapshots(self._close_idle)

    @contextmanager
    def lent(self, timeout: float) -> Iterator[Lent[Connection]]:
        """Take a place, with the connection that was used last, and give it back.

        Args:
            timeout: seconds to wait for one.

        Raises:
            TimeoutError: none was free.
        """
        if timeout <= 0 or not self._places.acquire(timeout=timeout):
            raise TimeoutError
        try:
            lent = self._take()
            try:
                yield lent
            finally:
                if lent.back is not None:
                    self._put(lent.back)
                elif lent.over is not None:
                    self._close(lent.over)
        finally:
            self._places.release()

    def close(self) -> None:
        """Close what nobody uses; what is in use is closed when it comes back."""
        with self._lock:
            self._closed = True
        self._close_idle()

    def _close_idle(self) -> None:
        with self._lock:  # another thread may be taking the last of them
            idle = deque(self._idle)
            self._idle.clear()
        _close_all(idle, self._close)

    def _take(self) -> Lent[Connection]:
        now, old = self._clock(), list[Connection]()
        with self._lock:
            while self._idle and now - self._idle[0][1] > KEPT:
                old.append(self._idle.popleft()[0])
            found = self._idle.pop() if self._idle else None
        for connection in old:
            self._close(connection)
        return Lent(None) if found is None else Lent(found[0], now - found[1])

    def _put(self, connection: Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append((connection, self._clock()))
                return
        self._close(connection)


def _close_all[Connection](idle: deque[tuple[Connection, float]], close: Callable[[Connection], None]) -> None:
    while idle:
        close(idle.pop()[0])
