"""A response's body, read under a cap on the wire and after decompression."""

import zlib

from fanin.errors import SourceTooLarge, SourceUndecodable

ACCEPT_ENCODING = "gzip"
"""The content codings that `Body` reads, as the request header says them."""

_GZIP = frozenset(("gzip", "x-gzip"))
_IDENTITY = frozenset(("", "identity"))


def _gzip_member() -> "zlib._Decompress":
    return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)


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
        self._decoded = bytearray()
        self._on_wire = 0
        coding = coding.strip().lower()
        if coding not in _GZIP | _IDENTITY:
            raise SourceUndecodable(source, f"{source} answered with a content coding that it was not asked for")
        self._gzip = _gzip_member() if coding in _GZIP else None

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
            self._decoded += chunk
            return
        while chunk:
            if self._gzip.eof:
                chunk = chunk.lstrip(b"\0")  # padding between or behind members (RFC 1952)
                if not chunk:
                    return
                self._gzip = _gzip_member()
            try:
                self._decoded += self._gzip.decompress(chunk, self._cap - len(self._decoded) + 1)
            except zlib.error as error:
                raise SourceUndecodable(self._source, f"{self._source} answered with broken gzip") from error
            if len(self._decoded) > self._cap:
                raise self._too_large()
            chunk = self._gzip.unused_data

    def whole(self) -> bytes:
        """Give the decoded body, once all bytes were fed.

        Raises:
            SourceUndecodable: it is cut short.
        """
        if self._gzip is not None and self._on_wire and not self._gzip.eof:
            raise SourceUndecodable(self._source, f"{self._source} answered with gzip that is cut short")
        return bytes(self._decoded)

    def _too_large(self) -> SourceTooLarge:
        return SourceTooLarge(self._source, f"{self._source} answered with more than {self._cap} bytes")
