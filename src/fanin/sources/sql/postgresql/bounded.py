"""A connection of psycopg's that is cut where its server sends more than it may.

libpq reads a row whole before anybody sees it, and PostgreSQL allows a field of 1 GB. While it reads, no other code of
this thread runs. But it first reads no more than its buffer takes, and that is as large as what it has read before. The
system counts what a connection has received: a thread looks at that, once an answer is more than a small one.
"""

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Any

import psycopg
from psycopg.abc import PQGen
from psycopg.waiting import Ready

_SMALL = 8_192
"""Bytes of an answer that nobody watches, as they fit into libpq's buffer: no row is longer than what has come."""
_EVERY = 0.001
"""Seconds between two looks."""
_INFO: int | None = getattr(socket, "TCP_INFO", None)
"""The option that tells what a connection has received; Linux has it."""
_RESET = struct.pack("ii", 1, 0)
"""Has a connection reset when it is closed."""
_RECEIVED = struct.Struct("128xQ")
"""Where `tcp_info` has the bytes that were received, of linux/tcp.h."""


class BoundedConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection."""

    exceeded = False
    """Whether it was cut because more came than may."""
    _most: int | None = None
    _began = 0
    _watching: tuple[Thread, Event] | None = None

    @contextmanager
    def bounded(self, most: int) -> Iterator[None]:
        """Cut the connection if more bytes come in the block.

        Args:
            most: how many may come.
        """
        self._most, self._began = most, self._received()
        try:
            yield
        finally:
            self._most = None
            if self._watching:
                thread, over = self._watching
                over.set()
                thread.join()
                self._watching = None

    def cut(self) -> None:
        """End the connection, which ends whatever waits for it, in any thread.

        Its server hears of a reset once it is closed: one that is sending, and may send no more, would else wait for as
        long as the system remembers the connection, which is a minute.
        """
        with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(self.fileno())) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            one.shutdown(socket.SHUT_RDWR)

    def wait[Result](self, gen: PQGen[Result], *args: Any, **options: Any) -> Result:
        """Wait for the server, as the driver does for whatever it asks."""
        return super().wait(gen if self._most is None else self._looking(gen, self._most), *args, **options)

    def _looking[Result](self, gen: PQGen[Result], most: int) -> PQGen[Result]:
        """Count what comes, from the second time on that the driver reads: most answers come at once."""
        again = False
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready & Ready.R:
                    if again and not self._watching and self._come() > _SMALL:
                        self._watch(most)
                    again = True
                wanted = gen.send(ready)
        except StopIteration as ended:
            result: Result = ended.value
            return result

    def _watch(self, most: int) -> None:
        """Begin to look, in another thread."""
        over = Event()

        def look() -> None:
            while not over.wait(_EVERY):
                if self._come() > most:
                    self.exceeded = True
                    self.cut()
                    return

        thread = Thread(target=look, name="watch", daemon=True)
        self._watching = thread, over
        thread.start()

    def _come(self) -> int:
        """Give the bytes that have come since the block began."""
        return self._received() - self._began

    def _received(self) -> int:
        """Give the bytes that the connection has received; 0 where the system does not tell."""
        if _INFO is None:
            return 0
        with suppress(psycopg.Error, OSError, struct.error):
            one = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, self.fileno())
            try:
                told = one.getsockopt(socket.IPPROTO_TCP, _INFO, _RECEIVED.size)
            finally:
                one.detach()
            received: int = _RECEIVED.unpack(told)[0]
            return received
        return 0
