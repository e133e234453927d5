"""One HTTP/1.1 connection, and the answer that arrives from it.

Its operations end with the call's time: each first sets its timeout to what is left.
"""

import socket
import ssl
from collections.abc import Callable

from fanin.sources.bounds import Bounds, bounds
from fanin.sources.http.answer import Answer
from fanin.sources.http.failures import ClosedUnanswered, CutShort
from fanin.sources.http.request import Way

READ_SIZE = 64 * 1024


class Connection:
    """A connected socket, for one request at a time.

    Args:
        way: where it leads, and what secures it.
        connected: the socket.
    """

    def __init__(self, way: Way, connected: socket.socket) -> None:
        self.way = way
        self._socket = connected
        self._reader = Answer("")

    @property
    def reader(self) -> Answer:
        """The reading of the answer to the request that was sent last."""
        return self._reader

    def send(self, message: bytes, method: str, within: Bounds) -> None:
        """Write a whole request, of this method.

        Raises:
            ClosedUnanswered: the peer has ended the connection.
            TimeoutError: the call's time is over.
        """
        self._reader = Answer(method)
        rest = memoryview(message)
        try:
            while rest:
                self._socket.settimeout(within.left())
                rest = rest[self._socket.send(rest) :]
        except TimeoutError:
            raise
        except OSError as error:
            raise ClosedUnanswered(str(error)) from error

    def read(self, within: Bounds) -> list[bytes]:
        """Read what is there, waiting for the first byte; give the parts of the body in it.

        Raises:
            Broken: the connection ended, or what it brought is no answer.
            TimeoutError: the call's time is over.
        """
        self._socket.settimeout(within.left())
        try:
            data = self._socket.recv(READ_SIZE)
        except TimeoutError:
            raise
        except OSError as error:
            raise (ClosedUnanswered if self._reader.untouched else CutShort)(str(error)) from error
        if data:
            return self._reader.feed(data)
        self._reader.end()
        return []

    def fileno(self) -> int:
        """Give the socket's number; -1 where it is closed, or TLS has decrypted bytes that nobody took."""
        buffered = isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()
        return -1 if buffered else self._socket.fileno()

    def abort(self) -> None:
        """Close the socket, without a goodbye of TLS's."""
        self._socket.close()


class ArrivingAnswer:
    """An answer whose head is there. `close` is due in every case.

    Args:
        connection: what it comes from.
        parts: what has come of the body.
        on_end: takes the connection back, at the answer's end or when it is closed before.
    """

    def __init__(self, connection: Connection, parts: list[bytes], on_end: Callable[[Connection], None]) -> None:
        self._connection: Connection | None = connection
        self._parts = parts
        self._on_end = on_end
        assert connection.reader.head
        self.head = connection.reader.head
        self._end_if_complete()

    def read(self, amount: int | None = None) -> bytes:
        """Give bytes of the body, undecoded: what is there, waiting for the first; empty at the end.

        Args:
            amount: at most so many; None for all of the body.

        Raises:
            Broken: the connection ended, or what it brought is no answer.
            TimeoutError: the call's time is over.
        """
        everything = amount is None or amount < 0
        while self._connection is not None and (everything or not self._parts):
            try:
                self._parts += self._connection.read(bounds())
            except BaseException:
                self.close()
                raise
            self._end_if_complete()
        if everything:
            whole = b"".join(self._parts)
            self._parts.clear()
            return whole
        if not self._parts:
            return b""
        part = self._parts.pop(0)
        if amount is not None and len(part) > amount:
            self._parts.insert(0, part[amount:])
            part = part[:amount]
        return part

    def close(self) -> None:
        """Drop what was not read; the connection of an answer that was not read to its end on the wire is ended."""
        self._parts.clear()
        self._end()

    def _end_if_complete(self) -> None:
        if self._connection is not None and self._connection.reader.complete:
            self._end()

    def _end(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            self._on_end(connection)
