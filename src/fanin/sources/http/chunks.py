"""A chunked body, taken apart (RFC 9112, section 7.1)."""

import re

from fanin.sources.http.failures import Malformed, TooMuch
from fanin.sources.http.head import TEXT, TOKEN, check_lines, read_fields

FRAMING_LIMIT = 8 * 1024
"""Bytes of chunks' sizes, ends and extensions, and of trailers, that there may be more than bytes of the body."""

_LARGEST = 2**63 - 1
"""Bytes of one chunk; as for a Content-Length."""
_SPACE = rb"[\t ]*+"
_QUOTED = rb'"(?:[\t\x20!\x23-\x5b\x5d-\x7e\x80-\xff]|\\' + TEXT + rb')*+"'
_VALUE = rb"(?:" + TOKEN + rb"++|" + _QUOTED + rb")"
_EXTENSION = rb";" + _SPACE + TOKEN + rb"++" + _SPACE + rb"(?:=" + _SPACE + _VALUE + _SPACE + rb")?+"
_SIZE = re.compile(rb"([0-9A-Fa-f]++)" + _SPACE + rb"(?:" + _EXTENSION + rb")*+\r\n")
"""A chunk's size with its extensions, and the white space that a recipient has to parse."""
_BEGINNING = re.compile(rb"[0-9A-Fa-f]")
_END = b"\r\n"
_MAX_DIGITS = 64


class Chunks:
    """Reads a chunked body as its bytes come.

    Attributes:
        complete: whether the body has ended.
        rest: what is behind its end.
    """

    __slots__ = ("_behind_data", "_in_trailers", "_left", "_line", "_looked_at", "_overhead", "complete", "rest")

    def __init__(self) -> None:
        self.complete = False
        self.rest = b""
        self._left = 0
        self._behind_data = False
        self._in_trailers = False
        self._line = b""
        self._looked_at = 0
        self._overhead = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes, and give those of the body in them.

        Raises:
            Malformed: it is no chunked body.
            TooMuch: chunks' framing and trailers are over `FRAMING_LIMIT`.
        """
        parts: list[bytes] = []
        if self._line:
            data, self._line = self._line + data, b""
        at, end = 0, len(data)
        while at < end and not self.complete:
            if self._left:
                part = data[at : at + self._left]
                parts.append(part)
                at += len(part)
                self._left -= len(part)
                self._overhead -= len(part)
                self._behind_data = not self._left
                continue
            begun = at
            at = self._read_framing(data, at)
            self._overhead += at - begun
            if self._overhead > FRAMING_LIMIT:
                raise TooMuch(f"over {FRAMING_LIMIT} bytes more of framing than of the body")
            if at == begun:  # not all of it is there
                self._wait_with(data[at:])
                break
            self._looked_at = 0
        if self.complete:
            self.rest = data[at:]
        return parts

    def _read_framing(self, data: bytes, at: int) -> int:
        """Read what is between two parts of the body; give where it ends, or where it begins if it is cut."""
        if self._behind_data:
            if not _END.startswith(data[at : at + 2]):
                raise Malformed("a chunk that is longer than its size")
            if len(data) < at + 2:
                return at
            self._behind_data = False
            at += 2
            if at == len(data):
                return at
        if self._in_trailers:
            return self._read_trailers(data, at)
        return self._read_size(data, at)

    def _read_size(self, data: bytes, at: int) -> int:
        size = _SIZE.match(data, at)
        if size is None:
            if not _BEGINNING.match(data, at) or data.find(_END, at) >= 0:
                raise Malformed("no chunk size")
            return at
        if len(size[1]) > _MAX_DIGITS or (left := int(size[1], 16)) > _LARGEST:
            raise Malformed("a chunk size that is too large")
        self._left = left
        if left:
            return size.end()
        self._in_trailers = True
        return self._read_trailers(data, size.end())

    def _read_trailers(self, data: bytes, at: int) -> int:
        """Read the trailer section, whose fields are dropped (RFC 9110, section 6.5.1)."""
        if data.startswith(_END, at):
            self.complete = True
            return at + 2
        end = data.find(b"\r\n\r\n", at)
        if end < 0:
            return at
        read_fields(data[at : end + 4])
        self.complete = True
        return end + 4

    def _wait_with(self, line: bytes) -> None:
        check_lines(line, self._looked_at)
        if len(line) > FRAMING_LIMIT:
            raise TooMuch(f"over {FRAMING_LIMIT} bytes of a chunk's size or of trailers")
        self._line, self._looked_at = line, len(line)
