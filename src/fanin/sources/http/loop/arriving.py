"""What one request is answered with, between the connection that writes it and the caller who reads it."""

import asyncio
from typing import Protocol

from fanin.sources.http.head import Head

BUFFERED_AT_MOST = 64 * 1024
"""Bytes of unread body above which the connection stops reading; one more read of the socket may come on top."""


class Wire(Protocol):
    """What an answer asks of the connection that it comes from."""

    def pause(self) -> None:
        """Stop reading."""

    def resume(self) -> None:
        """Read again."""

    def abort(self) -> None:
        """End at once."""


class ArrivingAnswer:
    """The head as a future, then the body, undecoded, part by part.

    `aclose` is due in every case: it ends the connection of an answer that was not read to its end on the wire.
    """

    def __init__(self, wire: Wire) -> None:
        self.head: asyncio.Future[Head] = asyncio.get_running_loop().create_future()
        self._wire: Wire | None = wire
        self._parts: list[bytes] = []
        self._buffered = 0
        self._error: Exception | None = None
        self._arrival: asyncio.Future[None] | None = None

    # Written by the connection.

    def begin(self, head: Head) -> None:
        """The head is there."""
        if not self.head.done():
            self.head.set_result(head)

    def feed(self, part: bytes) -> None:
        """A part of the body is there."""
        self._parts.append(part)
        self._buffered += len(part)
        if self._buffered > BUFFERED_AT_MOST and self._wire is not None:
            self._wire.pause()
        self._wake()

    def finish(self) -> None:
        """The body is complete, and the connection no longer this answer's."""
        self._wire = None
        self._wake()

    def fail(self, error: Exception) -> None:
        """Nothing more will come."""
        self._wire = None
        if self.head.done():
            self._error = error
        else:
            self.head.set_exception(error)
        self._wake()

    # Read by the caller.

    async def read(self) -> bytes:
        """Give the next part of the body; empty at its end.

        Raises:
            Broken: the connection ended, or what it brought is no answer.
        """
        try:
            while True:
                if self._parts:
                    return self._take()
                if self._wire is not None:
                    await self._next_arrival()
                elif self._error is not None:
                    raise self._error  # noqa: TRY301 - the same clean-up is due
                else:
                    return b""
        except BaseException:
            self._abandon()
            raise

    async def aclose(self) -> None:
        """Drop what was not read; end the connection if the body was still arriving."""
        self._abandon()

    def _abandon(self) -> None:
        self._parts.clear()
        self._buffered = 0
        if self._wire is not None:
            wire, self._wire = self._wire, None
            wire.abort()

    def _take(self) -> bytes:
        taken = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        self._buffered = 0
        if self._wire is not None:
            self._wire.resume()
        return taken

    async def _next_arrival(self) -> None:
        self._arrival = asyncio.get_running_loop().create_future()
        try:
            await self._arrival
        finally:
            self._arrival = None

    def _wake(self) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)
