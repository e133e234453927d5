"""One kept-alive connection of the load generator: as little work for a request as there can be."""

import asyncio
import re
from typing import Final, cast

LOST: Final = 0
"""The status of a request whose connection ended before its answer did."""
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_CLOSES: Final = re.compile(rb"\r\nconnection: *close\r\n", re.IGNORECASE)
_CHUNKED: Final = re.compile(rb"\r\ntransfer-encoding: *chunked\r\n", re.IGNORECASE)


class Connection(asyncio.Protocol):
    """Sends a request, reads its answer to the end, and can be used again unless it is `closed`."""

    closed = False

    def __init__(self) -> None:
        self._received = b""
        self._missing = -1
        self._chunked = False
        self._last = False
        self._answer: asyncio.Future[int] | None = None
        self._status = LOST

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; uvloop's is of no class of asyncio's."""
        self._transport = cast("asyncio.Transport", transport)

    def ask(self, request: bytes) -> asyncio.Future[int]:
        """Send a request, the one before having been answered; gives the answer's status, or `LOST`."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def close(self) -> None:
        """End the connection."""
        self._answer, self.closed = None, True
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if self._missing < 0 and not self._chunked:
            self._received += data
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._received[: end + 2]
            data = self._received[end + 4 :]
            self._received = b""
            self._status = int(head[9:12])
            self._last = _CLOSES.search(head) is not None
            if found := _LENGTH.search(head):
                self._missing = int(found[1])
            elif _CHUNKED.search(head):
                self._chunked = True
            else:
                self._missing = 1 << 60  # until the connection's end
                self._last = True
        if self._chunked:
            self._received += data
            if self._received.endswith(b"0\r\n\r\n"):
                self._end()
            return
        self._missing -= len(data)
        if self._missing <= 0:
            self._end()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio hands it over
        """Tell whoever waits for an answer that there will be none, or that this was its end."""
        self.closed = True
        if self._answer is not None:
            if self._missing < 1 << 59:
                self._status = LOST
            self._end()

    def _end(self) -> None:
        answer, self._answer = self._answer, None
        status, self._status = self._status, LOST
        self._missing, self._chunked, self._received = -1, False, b""
        if self._last:
            self.closed = True
            self._transport.close()
        if answer is not None and not answer.done():
            answer.set_result(status)
