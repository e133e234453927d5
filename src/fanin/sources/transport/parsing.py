"""The bytes of one answer through llhttp, with what HTTP/1.1 says of its end (RFC 9112, section 6)."""

import httptools
import httpx

from fanin.sources.transport.answer import ArrivingAnswer, Head, HeadTooLarge

MAX_HEADERS = 100
"""Headers and trailers of an answer; as http.client has it."""

FRAMING_LIMIT = 8 * 1024
"""Bytes of chunks' sizes, ends and extensions, and of trailers, that there may be more than bytes of the body."""

_VERSIONS = ("1.1", "1.0")
_ADDED_PER_HEADER = len(b": \r\n")


class _UnexpectedBytesError(Exception):
    """The peer sent more than the answer that was asked for."""


class AnswerParser:
    """Parses one answer; another needs another parser, so that nothing is carried over.

    Args:
        answer: where its parts go.
        without_body: whether the method was HEAD.
        head_limit: bytes of the header section, interim answers before it included; one read of the socket may come
            on top.

    Attributes:
        complete: whether the answer has ended.
        keep_alive: whether its connection may then carry another.
    """

    def __init__(self, answer: ArrivingAnswer, *, without_body: bool, head_limit: int) -> None:
        self.complete = False
        self.keep_alive = False
        self._answer = answer
        self._without_body = without_body
        self._head_limit = head_limit
        self._bodiless_bytes = 0
        self._start_head()
        self._llhttp = httptools.HttpResponseParser(self)

    def feed(self, data: memoryview) -> None:
        """Take what was read.

        Bytes beyond the end of the answer do not make it a bad one, and are a reason not to keep the connection.

        Raises:
            httpx.RemoteProtocolError: it is no answer, or over the limit.
        """
        self._bodiless_bytes += len(data)
        try:
            self._llhttp.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.keep_alive = False
            if not self.complete:
                reason = error.__context__  # what a method below raised
                raise reason if isinstance(reason, httpx.HTTPError) else httpx.RemoteProtocolError(str(error)) from None
        if self._bodiless_bytes > self._head_limit and not self.complete:
            raise HeadTooLarge(f"over {self._head_limit} bytes without a body's")

    def feed_eof(self) -> None:
        """The peer has no more to send: the end of a body that declared none.

        Over TLS asyncio does not tell a goodbye from a cut, so such a body may be short: what decodes it must notice.
        """
        if self._head_is_there and self._ends_with_connection:
            self.complete = True

    def close(self) -> None:
        """Let go of llhttp's parser, after which nothing more can be fed.

        It refers to the methods below, and so to this object: left alone, the answer would live until a collection.
        """
        del self._llhttp

    # Called by llhttp from within feed_data.

    def on_message_begin(self) -> None:
        """An answer starts: an interim one, or the one asked for."""
        if self.complete:
            raise _UnexpectedBytesError
        self._start_head()

    def on_status(self, reason: bytes) -> None:
        """A piece of the reason phrase."""
        self._reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header, or one trailer, which is dropped (RFC 9110, section 6.5.1)."""
        self._head_bytes += len(name) + len(value) + _ADDED_PER_HEADER
        if self._head_bytes > self._head_limit:
            raise HeadTooLarge(f"header section over {self._head_limit} bytes")
        self._fields += 1
        if self._fields > MAX_HEADERS:
            raise HeadTooLarge(f"over {MAX_HEADERS} headers and trailers")
        if not self._head_is_there:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Hand the head over, and find out how the body will end."""
        status = self._llhttp.get_status_code()
        if self._llhttp.get_http_version() not in _VERSIONS:
            raise httpx.RemoteProtocolError("a version that was not asked for")
        if status < 200:
            return
        codings = [value.strip().lower() for name, value in self._headers if name.lower() == b"transfer-encoding"]
        if codings not in ([], [b"chunked"]):
            raise httpx.RemoteProtocolError("a transfer coding that was not asked for")
        has_length = any(name.lower() == b"content-length" for name, _ in self._headers)
        self._ends_with_connection = not codings and not has_length
        self._head_is_there = True
        self._bodiless_bytes = self._head_limit - FRAMING_LIMIT
        self._answer.begin(Head(status, self._reason, self._headers))
        if self._without_body:
            self._end()

    def on_body(self, part: bytes) -> None:
        """A piece of the body."""
        if self.complete:
            raise _UnexpectedBytesError
        self._bodiless_bytes -= 2 * len(part)  # it is no such byte, and makes room for another
        self._answer.feed(part)

    def on_message_complete(self) -> None:
        """The end by the answer's own framing; that of an interim answer is none."""
        if self._head_is_there and not self.complete:
            self._end()

    def _start_head(self) -> None:
        self._reason = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_bytes = self._fields = 0
        self._head_is_there = False
        self._ends_with_connection = False

    def _end(self) -> None:
        self.complete = True
        self.keep_alive = self._llhttp.should_keep_alive()
