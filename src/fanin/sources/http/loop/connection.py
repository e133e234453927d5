"""One HTTP/1.1 connection: one request at a time to the socket, and what the socket brings to its answer."""

import asyncio
from collections.abc import Callable
from typing import cast

from fanin.sources.http.answer import Answer
from fanin.sources.http.failures import Broken, ClosedUnanswered, CutShort
from fanin.sources.http.keeping import readable
from fanin.sources.http.loop.arriving import ArrivingAnswer


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
        """Give the socket's number; -1 where it is closed."""
        if self._transport is None or self._transport.is_closing():
            return -1
        number: int = self._transport.get_extra_info("socket").fileno()
        return number

    def is_quiet(self) -> bool:
        """Whether the connection is open and has nothing to read: asked of the kernel, not of asyncio.

        While the loop stood still the peer may have closed or reset, and the loop can't know that yet.
        """
        number = self.fileno()
        return number >= 0 and not readable([number])

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
        if keep:
            self.resume()
            self._on_idle(self)
        else:
            self.abort()
        if answer is not None:
            answer.finish()

    def _fail(self, error: Exception) -> None:
        answer, self._answer = self._answer, None
        self.abort()
        if answer is not None:
            answer.fail(error)
