"""A connection of psycopg's that is cut where its server sends more than it may.

libpq reads a row whole before anybody sees it, and PostgreSQL allows a field of 1 GB. While it reads, no other code of
this thread runs. But the system counts what a connection has received: a thread looks at that, from the moment in which
an answer is more than a small one.
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

_SMALL = 65_536
"""Bytes of an answer that nobody watches: libpq reads no more before it knows how long a row is."""
_EVERY = 0.001
"""Seconds between two looks."""
_INFO: int | None = getattr(socket, "TCP_INFO", None)
"""The option that tells what a connection has received; Linux has it."""
_RECEIVED = struct.Struct("128xQ")
"""Where `tcp_info` has the bytes that were received, of linux/tcp.h."""


class BoundedConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection."""

    exceeded = False
    """Whether it was cut because more came than may."""
    _began: int | None = None
    _most = 0
    _watching: Thread | None = None
    _over: Event

    @contextmanager
    def bounded(self, most: int) -> Iterator[None]:
        """Cut the connection if more bytes come in the block.

        Args:
            most: how many may come.
        """
        self._began, self._most, self._over = self._received(), most, Event()
        try:
            yield
        finally:
            self._began = None
            if self._watching:
                self._over.set()
                self._watching.join()
                self._watching = None

    def cut(self) -> None:
        """End the connection, which ends whatever waits for it, in any thread."""
        with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(self.fileno())) as one:
            one.shutdown(socket.SHUT_RDWR)

    def wait[Result](self, gen: PQGen[Result], *args: Any, **options: Any) -> Result:
        """Wait for the server, as the driver does for whatever it asks."""
        return super().wait(gen if self._began is None else self._looking(gen), *args, **options)

    def _looking[Result](self, gen: PQGen[Result]) -> PQGen[Result]:
        """Look at how much has come before the driver reads it."""
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready & Ready.R and not self._watching and self._come > _SMALL:
                    self._watching = Thread(target=self._watch, name="watch", daemon=True)
                    self._watching.start()
                wanted = gen.send(ready)
        except StopIteration as ended:
            result: Result = ended.value
            return result

    def _watch(self) -> None:
        while not self._over.wait(_EVERY):
            if self._come > self._most:
                self.exceeded = True
                self.cut()
                return

    @property
    def _come(self) -> int:
        """The bytes that have come since the block began."""
        began, now = self._began, self._received()
        return 0 if began is None or now is None else now - began

    def _received(self) -> int | None:
        """Give the bytes that the connection has received; None where the system does not tell."""
        if _INFO is None:
            return None
        with suppress(psycopg.Error, OSError, struct.error):
            one = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, self.fileno())
            try:
                told = one.getsockopt(socket.IPPROTO_TCP, _INFO, _RECEIVED.size)
            finally:
                one.detach()
            received: int = _RECEIVED.unpack(told)[0]
            return received
        return None
