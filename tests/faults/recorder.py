"""A server that writes down every request as it came over the wire."""

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import BinaryIO, Self

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Recorder:
    """Listens on loopback. Leaving its `with` block ends it.

    Args:
        answer: gives the answer to a request, whole.

    Attributes:
        requests: head and body of each, in their order.
    """

    def __init__(self, answer: Callable[[bytes], bytes] = lambda _: OK) -> None:
        self.requests: list[bytes] = []
        self._answer = answer
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(ConnectionError), connection.makefile("rb") as lines:
            while head := self._head(lines):
                length = head.lower().partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0]
                self.requests.append(head + lines.read(int(length or 0)))
                connection.sendall(self._answer(self.requests[-1]))

    @staticmethod
    def _head(lines: BinaryIO) -> bytes:
        head = b""
        while line := lines.readline():
            head += line
            if line == b"\r\n":
                return head
        return b""
