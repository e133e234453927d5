"""A response's body, read under a cap on the wire and after decompression."""

import zlib

from fanin.errors import SourceTooLarge, SourceUndecodable

ACCEPT_ENCODING = "gzip"
"""The content codings that `Body` reads, as the request header says them."""

_PIECE = 65_536
"""Bytes that are decompressed at once, since zlib holds what it gives twice for a moment; and that are kept at once."""
_MEMBERS = 100
"""Members of one gzip; each is work even if it holds nothing."""
_GZIP = frozenset(("gzip", "x-gzip"))
_IDENTITY = frozenset(("", "identity"))
_KNOWN = frozenset(
    ("aes128gcm", "br", "compress", "dcb", "dcz", "deflate", "none", "null", "utf-8", "utf8", "x-compress", "zstd")
)
"""Codings that an error may name: a server could write anything there, even what it was sent."""


def _gzip_member() -> "zlib._Decompress":
    return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)


def whole_of(source: str, coding: str, cap: int, body: bytes) -> bytes:
    """Undo the content coding of a body that is all there; the arguments and errors of `Body`."""
    if not coding and len(body) <= cap:  # as most are: nothing is collected
        return body
    collected = Body(source, coding, cap)
    collected.feed(body)
    return collected.whole()


class Body:
    """Collects a body's bytes, and undoes its content coding without ever holding more than the cap.

    Args:
        source: the name of the source that it is from.
        coding: the response's Content-Encoding.
        cap: the most bytes, on the wire and decoded.

    Raises:
        SourceUndecodable: the coding is none that was asked for.
    """

    def __init__(self, source: str, coding: str, cap: int) -> None:
        self._source = source
        self._cap = cap
        self._pieces: list[bytes] = []
        self._last = bytearray()
        self._decoded = 0
        self._on_wire = 0
        coding = coding.strip(" \t").lower()
        if coding not in _GZIP | _IDENTITY:
            named = f"the content coding '{coding}'" if coding in _KNOWN else "a content coding"
            raise SourceUndecodable(source, f"{source} answered with {named} that it was not asked for")
        self._gzip = _gzip_member() if coding in _GZIP else None
        self._members = 1

    def feed(self, chunk: bytes) -> None:
        """Take bytes from the wire.

        Raises:
            SourceTooLarge: the body is over the cap.
            SourceUndecodable: the bytes are not what the coding says.
        """
        self._on_wire += len(chunk)
        if self._on_wire > self._cap:
            raise self._too_large()
        if self._gzip is None:
            self._keep(chunk)
            return
        while chunk:
            if self._gzip.eof:
                chunk = chunk.lstrip(b"\0")  # padding between or behind members (RFC 1952)
                if not chunk:
                    return
                self._next_member()
            try:
                self._keep(self._gzip.decompress(chunk, _PIECE))
            except zlib.error as error:
                raise SourceUndecodable(self._source, f"{self._source} answered with broken gzip") from error
            chunk = self._gzip.unused_data if self._gzip.eof else self._gzip.unconsumed_tail

    def _keep(self, decoded: bytes) -> None:
        """Keep a part in pieces: one growing buffer would reserve an eighth more than it holds."""
        self._decoded += len(decoded)
        if self._decoded > self._cap:
            raise self._too_large()
        self._last += decoded
        if len(self._last) >= _PIECE:
            self._pieces.append(bytes(self._last))
            self._last.clear()

    def _next_member(self) -> None:
        self._gzip = _gzip_member()
        self._members += 1
        if self._members > _MEMBERS:
            raise SourceUndecodable(self._source, f"{self._source} answered with gzip of over {_MEMBERS} members")

    def whole(self) -> bytes:
        """Give the decoded body, once all bytes were fed.

        Raises:
            SourceUndecodable: it is cut short.
        """
        if self._gzip is not None and self._on_wire and not self._gzip.eof:
            raise SourceUndecodable(self._source, f"{self._source} answered with gzip that is cut short")
        return b"".join((*self._pieces, self._last))

    def _too_large(self) -> SourceTooLarge:
        return SourceTooLarge(self._source, f"{self._source} answered with more than {self._cap} bytes")
