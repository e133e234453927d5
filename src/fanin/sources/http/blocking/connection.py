"""One HTTP/1.1 connection whose operations end with the call's time: each first sets its timeout to what is left."""

import socket
import ssl

from fanin.sources.http.answer import Answer
from fanin.sources.http.blocking.bounds import Bounds
from fanin.sources.http.failures import ClosedUnanswered, CutShort
from fanin.sources.http.keeping import readable
from fanin.sources.http.request import Origin

READ_SIZE = 64 * 1024


class Connection:
    """A connected socket, for one request at a time.

    Args:
        origin: where it leads.
        connected: the socket.
    """

    def __init__(self, origin: Origin, connected: socket.socket) -> None:
        self.origin = origin
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
        """Give the socket's number; -1 where it is closed."""
        return self._socket.fileno()

    def is_quiet(self) -> bool:
        """Tell whether the connection is open and has nothing to read."""
        number = self.fileno()
        buffered = isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()
        return number >= 0 and not buffered and not readable([number])

    def abort(self) -> None:
        """Close the socket, without a goodbye of TLS's."""
        self._socket.close()
