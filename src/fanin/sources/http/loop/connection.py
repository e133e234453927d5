"""One HTTP/1.1 connection: one request at a time to the socket, and the answer that arrives from it."""

import asyncio
from collections.abc import Callable
from typing import Protocol, cast

from fanin.sources.http.answer import Answer
from fanin.sources.http.failures import Broken, ClosedUnanswered, CutShort
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

    `aclose` is due unless it is complete: it ends the connection of an answer that was not read to its end on the wire.

    Attributes:
        head: the head.
        parts: what is there of the body and has not been read.
        complete: whether nothing will be added to it.
    """

    def __init__(self, wire: Wire) -> None:
        self.head: asyncio.Future[Head] = asyncio.get_running_loop().create_future()
        self._wire: Wire | None = wire
        self.parts: list[bytes] = []
        self.complete = False
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
        self.parts.append(part)
        self._buffered += len(part)
        if self._buffered > BUFFERED_AT_MOST and self._wire is not None:
            self._wire.pause()
        self._wake()

    def finish(self) -> None:
        """The body is complete, and the connection no longer this answer's."""
        self._wire = None
        self.complete = True
        self._wake()

    def fail(self, error: Exception) -> None:
        """Nothing more will come."""
        error = error.with_traceback(None)  # what read it knows this answer
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
                if self.parts:
                    return self._take()
                if self._wire is not None:
                    await self._next_arrival()
                elif self._error is not None:
                    # Another one: this answer knows its own, and the frames of what is raised know this answer.
                    raise type(self._error)(*self._error.args)  # noqa: TRY301 - the same clean-up is due
                else:
                    return b""
        except BaseException:
            self.abandon()
            raise

    async def aclose(self) -> None:
        """Drop what was not read; end the connection if the body was still arriving."""
        self.abandon()

    def abandon(self) -> None:
        """Do the same, which takes no waiting."""
        self.parts.clear()
        self._buffered = 0
        if self._wire is not None:
            wire, self._wire = self._wire, None
            wire.abort()

    def _take(self) -> bytes:
        taken = self.parts[0] if len(self.parts) == 1 else b"".join(self.parts)
        self.parts.clear()
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


class Connection(asyncio.BufferedProtocol):
    """After each answer it either reports itself idle or ends; any error ends it.

    Args:
        buffer: what the socket is read into; the connections of one loop may share it, since every read is parsed,
            and copied where it is kept, before the next.
        on_idle: called when an answer is complete and another request may follow.
        on_lost: called once, when the socket is gone.
    """

    def __init__(
        self,
        buffer: memoryview,
        on_idle: Callable[["Connection"], None],
        on_lost: Callable[["Connection"], None],
    ) -> None:
        self._buffer = buffer
        self._on_idle = on_idle
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._answer: ArrivingAnswer | None = None
        self._reader: Answer | None = None

    # Used by the pool and by the answer.

    def send(self, message: bytes, method: str) -> ArrivingAnswer:
        """Write a whole request, of this method, and return its answer."""
        if self._transport is None or self._answer is not None:
            raise RuntimeError("the connection is closed or in use")
        self._answer = ArrivingAnswer(self)
        self._reader = Answer(method)
        self._transport.write(message)
        return self._answer

    def fileno(self) -> int:
        """Give the socket's number; -1 where it is closed, or closing."""
        if self._transport is None or self._transport.is_closing():
            return -1
        number: int = self._transport.get_extra_info("socket").fileno()
        return number

    def pause(self) -> None:
        """Stop reading, since the reader is behind; the peer is held back by TCP."""
        if self._transport is not None and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self._transport is not None and self._paused:
            self._paused = False
            self._transport.resume_reading()

    def abort(self) -> None:
        """End the connection without waiting for the peer, its TLS goodbye included."""
        self._reader = None
        if self._transport is not None:
            self._transport.abort()

    # Called by asyncio.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the socket's (or TLS's) transport."""
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio asks so
        """Lend the buffer for one read."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Read what one read of the socket brought."""
        reader, answer = self._reader, self._answer
        if reader is None or answer is None:  # nobody asked for anything
            self.abort()
            return
        begun = reader.head is not None
        try:
            parts = reader.feed(bytes(self._buffer[:nbytes]))
        except Broken as error:
            self._fail(error)
            return
        if not begun and reader.head is not None:
            answer.begin(reader.head)
        for part in parts:
            answer.feed(part)
        if reader.complete:
            self._finish(keep=reader.keep)

    def eof_received(self) -> None:
        """The peer has no more to send: asyncio closes the connection next.

        Over TLS asyncio does not tell a goodbye from a cut, so a body that ends with the connection may be short: what
        decodes it must notice.
        """
        if self._reader is None:
            return
        try:
            self._reader.end()
        except Broken as error:
            self._fail(error)
        else:
            self._finish(keep=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone, and with it an answer that is not complete."""
        self._transport = None
        if self._reader is None or self._reader.untouched:
            self._fail(ClosedUnanswered(f"closed before an answer ({exc or 'end of stream'})"))
        else:
            self._fail(CutShort(str(exc or "closed before the end of the answer")))
        self._on_lost(self)

    def _finish(self, *, keep: bool) -> None:
        self._reader = None
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.finish()
        if keep:
            self.resume()
            self._on_idle(self)
        else:
            self.abort()

    def _fail(self, error: Exception) -> None:
        answer, self._answer = self._answer, None
        self.abort()
        if answer is not None:
            answer.fail(error)
