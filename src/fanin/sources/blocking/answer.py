"""An answer read strictly, and within limits: what http.client lets pass is refused, as the transport refuses it.

A doubtful end of one answer could otherwise be taken for the beginning of the next, on the same connection; and
http.client reads lines without a limit to their number.
"""

import io
import re
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import Any

from fanin.sources.blocking.bounds import bounds

HEAD_LIMIT = 64 * 1024
"""Bytes of a header section, interim answers before it included."""
FRAMING_LIMIT = 8 * 1024
"""Bytes of chunks' sizes, ends and extensions, and of trailers, that there may be more than bytes of the body."""

MAX_LINES = 256
"""Lines of either, without a byte of the body between them."""

_END_OF_LINES = (b"\r\n", b"\n", b"")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\n]*)?\r\n")
_LENGTH = re.compile(r"[0-9]{1,19}")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Malformed(HTTPException):
    """It is no answer as RFC 9112 has them, or over the limit."""


class StrictResponse(HTTPResponse):
    """http.client's response, with its lenience taken out.

    It overrides three methods that http.client has for itself: where Python changes them, the tests say so.
    """

    fp: Any

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = _Lines(self.fp.detach())

    def begin(self) -> None:
        """Read the head.

        Raises:
            Malformed: it can be read in more than one way.
            HTTPException: it is none, or too large.
        """
        super().begin()
        self.fp.begin_body()
        headers = self.headers
        codings = [value.strip().lower() for value in headers.get_all("Transfer-Encoding", [])]
        lengths = [value.strip() for value in headers.get_all("Content-Length", [])]
        if headers.defects or headers.get_payload() or any(_CONTROL.search(value) for value in headers.values()):
            raise Malformed("a header that is none")
        if codings not in ([], ["chunked"]) or (codings and lengths):
            raise Malformed("a transfer coding that was not asked for, or a length beside it")
        if lengths and not (len(lengths) == 1 and _LENGTH.fullmatch(lengths[0])):
            raise Malformed("a length that is none, or several")
        if self.status < 200:
            raise Malformed("another protocol, which was not asked for")

    def _read_status(self) -> tuple[str, int, str]:
        """Read the status line; interim answers, which http.client takes for the last but for one, are passed over."""
        version, status, reason = super()._read_status()  # type: ignore[misc]
        while 101 < status < 200:
            while self.fp.readline() not in _END_OF_LINES:
                pass
            version, status, reason = super()._read_status()  # type: ignore[misc]
        return version, status, reason

    def _read_chunked(self, amount: int) -> bytes:
        """Read what chunks hold, up to an amount; less of it only at the end."""
        parts: list[bytes] = []
        while amount and self._in_chunk():
            left = self.chunk_left or 0
            part: bytes = self.fp.read(min(amount, left))
            if not part:
                raise IncompleteRead(b"")
            parts.append(part)
            amount -= len(part)
            self.chunk_left = left - len(part)
            if not self.chunk_left and self.fp.readline() != b"\r\n":
                raise Malformed("a chunk without its end")
        return b"".join(parts)

    def _in_chunk(self) -> bool:
        """Tell whether a chunk has bytes left, or begin the next one."""
        if self.chunk_left:
            return True
        if self.fp is None:
            return False
        size = _CHUNK_SIZE.fullmatch(self.fp.readline())
        if not size:
            raise Malformed("no chunk")
        self.chunk_left = int(size[1], 16)
        if not self.chunk_left:
            self._pass_over_trailers()
        return bool(self.chunk_left)

    def _pass_over_trailers(self) -> None:
        while self.fp.readline() not in _END_OF_LINES:
            pass
        self.close()


class _Lines(io.BufferedReader):
    """A reader of lines between which there is a body, or too many of them."""

    _lines = 0
    _without_body = 0

    def readline(self, _: int | None = -1, /) -> bytes:
        bounds().left()  # what was read ahead can hold a thousand lines
        line = super().readline(HEAD_LIMIT - max(0, self._without_body) + 1)
        self._lines += 1
        self._without_body += len(line)
        if self._without_body > HEAD_LIMIT or self._lines > MAX_LINES:
            raise Malformed(f"over {HEAD_LIMIT} bytes or {MAX_LINES} lines without a body")
        if not line.endswith(b"\n") and (line or self._lines > 1):
            raise Malformed("cut short")
        if b"\r" in line[:-2]:
            raise Malformed("a line break of another kind, which would part a header in two")
        return line

    def read(self, size: int | None = -1, /) -> bytes:
        part = super().read(size)
        self._lines = 0
        self._without_body -= len(part)
        return part

    def begin_body(self) -> None:
        """Hold what carries no body to a limit of its own, and to no more than the body has."""
        self._without_body = HEAD_LIMIT - FRAMING_LIMIT
