"""One kept-alive connection of the load generator: as little work for a request as there can be."""

import asyncio
from typing import Final, cast

from httptools import HttpResponseParser

LOST: Final = 0
"""The status of a request whose connection ended before its answer did."""


class Connection(asyncio.Protocol):
    """Sends a request, reads its answer to the end, and can be used again unless it is `closed`."""

    closed = False
    _answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; uvloop's is of no class of asyncio's."""
        self._transport = cast("asyncio.Transport", transport)
        self._parser = HttpResponseParser(self)

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
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Tell whoever waits for the answer its status; called by the parser."""
        if not self._parser.should_keep_alive():
            self.closed = True
            self._transport.close()
        self._end(self._parser.get_status_code())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio hands it over
        """Tell whoever waits for an answer that there will be none."""
        self.closed = True
        self._end(LOST)

    def _end(self, status: int) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_result(status)
