"""One answer, read from the bytes of a connection: heads, and where the body ends (RFC 9112, section 6)."""

import re

from fanin.sources.http.chunks import FRAMING_LIMIT, Chunks
from fanin.sources.http.failures import ClosedUnanswered, CutShort, Malformed, TooMuch
from fanin.sources.http.head import Head, check_beginning, check_lines, read_head

__all__ = ["FRAMING_LIMIT", "HEAD_LIMIT", "MAX_INTERIM", "Answer"]

HEAD_LIMIT = 64 * 1024
"""Bytes of the header section, with the interim answers before it."""
MAX_INTERIM = 32
"""Interim answers before the one that was asked for."""

_END_OF_HEAD = b"\r\n\r\n"
_ENOUGH = 16
"""Bytes of a status line that tell it from others."""
_LENGTH = re.compile(rb"[0-9]{1,19}")
_LARGEST = 2**63 - 1
_FRAMING = frozenset((b"transfer-encoding", b"content-length", b"connection"))
_BODILESS = frozenset((204, 304))


class Answer:
    """Reads one answer; another needs another reader, so that nothing is carried over.

    Args:
        method: of the request: an answer to HEAD has no body.

    Attributes:
        head: the head, once it is there; that of an interim answer is none.
        complete: whether the answer has ended.
        keep: whether its connection may then carry another.
        untouched: whether no byte of it has come.
    """

    __slots__ = (
        "_before_head",
        "_chunks",
        "_interim",
        "_left",
        "_method",
        "_pending",
        "_until_closed",
        "complete",
        "head",
        "keep",
        "untouched",
    )

    def __init__(self, method: str) -> None:
        self.head: Head | None = None
        self.complete = False
        self.keep = False
        self.untouched = True
        self._method = method
        self._pending = bytearray()
        self._before_head = 0
        self._interim = 0
        self._left = 0
        self._until_closed = False
        self._chunks: Chunks | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """Take what the connection brought, and give the parts of the body in it.

        Bytes beyond the end of the answer do not make it a bad one, and are a reason not to keep the connection.

        Raises:
            Malformed: it is no answer, or can be read in more than one way.
            TooMuch: what is not body is over its limit.
        """
        self.untouched = False
        if self.head is None:
            data = self._feed_head(data)
        if self.complete:
            if data:
                self.keep = False
            return []
        return self._feed_body(data) if data else []

    def end(self) -> None:
        """Take that the connection has ended, which is the end of a body that declared none.

        Raises:
            ClosedUnanswered: before a byte of the answer.
            CutShort: before the end of the answer.
        """
        if self.complete:
            return
        if self.untouched:
            raise ClosedUnanswered("closed before an answer")
        if not self._until_closed:
            raise CutShort("closed before the end of the answer")
        self.complete = True

    def _feed_body(self, data: bytes) -> list[bytes]:
        if self._until_closed:
            return [data]
        if self._chunks is not None:
            parts = self._chunks.feed(data)
            if self._chunks.complete:
                self._end(self._chunks.rest)
            return parts
        if len(data) < self._left:
            self._left -= len(data)
            return [data]
        part, rest = (data, b"") if len(data) == self._left else (data[: self._left], data[self._left :])
        self._end(rest)
        return [part]

    def _end(self, rest: bytes) -> None:
        self.complete = True
        if rest:
            self.keep = False

    def _feed_head(self, data: bytes) -> bytes:
        """Read heads up to that of the answer; give what is behind it."""
        looked_at = len(self._pending)
        if looked_at:
            self._pending += data
            data = b""
        section = self._pending if looked_at else data
        check_beginning(section)
        start = 0
        while (end := section.find(_END_OF_HEAD, max(start, looked_at - 3))) >= 0:
            end += len(_END_OF_HEAD)
            if self._before_head + end > HEAD_LIMIT:
                raise TooMuch(f"over {HEAD_LIMIT} bytes of headers")
            head = read_head(bytes(section[start:end]))
            if head.status >= 200:
                rest = bytes(section[end:])
                self._pending.clear()
                self._begin(head)
                return rest
            self._pass_over(head)
            start = end
            check_beginning(section[start : start + _ENOUGH])
        if self._before_head + len(section) > HEAD_LIMIT:
            raise TooMuch(f"over {HEAD_LIMIT} bytes of headers")
        check_lines(section, max(start, looked_at))
        self._before_head += start
        if looked_at:
            del self._pending[:start]
        else:
            self._pending += section[start:]
        return b""

    def _pass_over(self, interim: Head) -> None:
        if interim.status == 101:
            raise Malformed("another protocol, which was not asked for")
        _length(_framing(interim)[1])  # it says nothing, but others refuse one that is no number
        self._interim += 1
        if self._interim > MAX_INTERIM:
            raise TooMuch(f"over {MAX_INTERIM} interim answers")

    def _begin(self, head: Head) -> None:
        """Find out where the body ends, and whether the connection may be kept."""
        codings, lengths, options = _framing(head)
        if codings not in ([], [b"chunked"]) or (codings and lengths):
            raise Malformed("a transfer coding that was not asked for, or a length beside it")
        length = _length(lengths)
        self.head = head
        without_body = self._method == "HEAD" or head.status in _BODILESS
        self.keep = b"close" not in options and (head.version == 1 or b"keep-alive" in options)
        if codings and (head.version == 0 or head.status == 204):  # faulty by RFC 9112, section 6.1
            self.keep = False
        if without_body:
            self.complete = True
            self.keep = self.keep and not (head.status == 204 and length)
        elif codings:
            self._chunks = Chunks()
        elif length is None:
            self._until_closed, self.keep = True, False
        elif length:
            self._left = length
        else:
            self.complete = True


def _framing(head: Head) -> tuple[list[bytes], list[bytes], set[bytes]]:
    """Give a head's transfer codings, its lengths, and its connection options."""
    codings: list[bytes] = []
    lengths: list[bytes] = []
    options: set[bytes] = set()
    for raw_name, value in head.fields:
        if (name := raw_name.lower()) not in _FRAMING:
            continue
        if name == b"content-length":
            lengths.append(value)
        elif name == b"transfer-encoding":
            codings.append(value.lower())
        else:
            options.update(option.strip(b" \t") for option in value.lower().split(b","))
    return codings, lengths, options


def _length(values: list[bytes]) -> int | None:
    """Give the length that a header section declares; None if it declares none.

    Raises:
        Malformed: it is no number, too large, or there are several.
    """
    if not values:
        return None
    if len(values) > 1 or not _LENGTH.fullmatch(values[0]) or (length := int(values[0])) > _LARGEST:
        raise Malformed("a length that is none, or several")
    return length
