"""What one request is answered with: the head, then the body as something to read from."""

from collections.abc import Callable

from fanin.sources.http.blocking.bounds import bounds
from fanin.sources.http.blocking.connection import Connection


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
