"""A server that answers each request with exactly the bytes that a test says, and closes."""

import contextlib
import socket
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self


class Wires:
    """Listens on loopback, a thread a connection. Leaving its `with` block ends it.

    Args:
        wires: the bytes for each path; a connection is kept for the next request where they say how long they are.
    """

    def __init__(self, wires: Mapping[str, bytes]) -> None:
        self._wires = wires
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listening.getsockname()[1]

    def url(self, path: str) -> str:
        """Give the URL of a path."""
        return f"http://127.0.0.1:{self.port}/{path}"

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
            path = lines.readline().split(b" ")[1].decode().removeprefix("/")
            while lines.readline() not in (b"\r\n", b""):
                pass
            connection.sendall(self._wires[path])
