"""One HTTP/1.1 connection: one request at a time to the socket, and what the socket brings to its answer."""

import asyncio
import select
from collections.abc import Callable
from typing import cast

import httpx

from fanin.sources.transport.answer import ArrivingAnswer, ClosedUnanswered
from fanin.sources.transport.parsing import AnswerParser


class Connection(asyncio.BufferedProtocol):
    """After each answer it either reports itself idle or ends; any error ends it.

    Args:
        buffer: what the socket is read into; the connections of one loop may share it, since every read is parsed,
            and copied where it is kept, before the next.
        head_limit: as of `AnswerParser`.
        on_idle: called when an answer is complete and another request may follow.
        on_lost: called once, when the socket is gone.
    """

    def __init__(
        self,
        buffer: memoryview,
        head_limit: int,
        on_idle: Callable[["Connection"], None],
        on_lost: Callable[["Connection"], None],
    ) -> None:
        self._buffer = buffer
        self._head_limit = head_limit
        self._on_idle = on_idle
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._answer: ArrivingAnswer | None = None
        self._parser: AnswerParser | None = None
        self._unanswered = True

    # Used by the pool and by the answer.

    def send(self, message: bytes, *, without_body: bool) -> ArrivingAnswer:
        """Write a whole request and return its answer; `without_body` says that the method was HEAD."""
        if self._transport is None or self._answer is not None:
            raise RuntimeError("the connection is closed or in use")
        self._answer = ArrivingAnswer(self)
        self._parser = AnswerParser(self._answer, without_body=without_body, head_limit=self._head_limit)
        self._unanswered = True
        self._transport.write(message)
        return self._answer

    def is_quiet(self) -> bool:
        """Whether the connection is open and has nothing to read: asked of the kernel, not of asyncio.

        While the loop stood still the peer may have closed or reset, and the loop can't know that yet.
        """
        if self._transport is None or self._transport.is_closing():
            return False
        poll = select.poll()
        poll.register(self._transport.get_extra_info("socket"), select.POLLIN)
        return not poll.poll(0)

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
        self._close_parser()
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
        """Parse one read."""
        if self._parser is None:  # nobody asked for anything
            self.abort()
            return
        self._unanswered = False
        try:
            self._parser.feed(self._buffer[:nbytes])
        except httpx.RemoteProtocolError as error:
            self._fail(error)
        else:
            if self._parser.complete:
                self._finish(keep=self._parser.keep_alive)

    def eof_received(self) -> None:
        """The peer has no more to send: asyncio closes the connection next."""
        if self._parser is not None:
            self._parser.feed_eof()
            if self._parser.complete:
                self._finish(keep=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone, and with it an answer that is not complete."""
        self._transport = None
        if self._unanswered:
            self._fail(ClosedUnanswered(f"closed before an answer ({exc or 'end of stream'})"))
        elif exc is not None:
            self._fail(httpx.ReadError(str(exc)))
        else:
            self._fail(httpx.RemoteProtocolError("closed before the end of the answer"))
        self._on_lost(self)

    def _finish(self, *, keep: bool) -> None:
        self._close_parser()
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

    def _close_parser(self) -> None:
        if self._parser is not None:
            self._parser.close()
            self._parser = None
