"""What an upstream can do wrong, each by its name: how it is played, and what a call of it may come to."""

import asyncio
import gzip
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import reduce

FRESH = frozenset({"fresh"})
TIMEOUT = frozenset({"source-timeout"})
UNAVAILABLE = frozenset({"source-unavailable"})
REJECTED = frozenset({"source-rejected"})
UNDECODABLE = frozenset({"source-undecodable"})
TOO_LARGE = frozenset({"source-too-large"})
NOT_FOUND = frozenset({"not-found"})

TICK = 0.02
"""Seconds between two bytes that drip."""
LATE = 1.0
"""Seconds until a good answer that is late is whole: after every timeout of the tests, and not by much."""
DEEPEST = 128
"""Levels of JSON that are taken."""


class Peer:
    """The other end of a connection, once its request is read."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        """Write, and wait while the peer does not read."""
        self.writer.write(data)
        await self.writer.drain()

    async def drip(self, data: bytes) -> None:
        """Write byte by byte."""
        for byte in data:
            await self.send(bytes([byte]))
            await asyncio.sleep(TICK)

    async def flood(self, data: bytes) -> None:
        """Write the same again and again, until the peer has gone."""
        while True:
            await self.send(data)
            await asyncio.sleep(0)

    async def hang(self) -> None:
        """Say no more; end with the peer."""
        await self.reader.read()

    def reset(self) -> None:
        """End by a TCP reset."""
        end = self.writer.get_extra_info("socket")
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


type Play = Callable[[Peer], Awaitable[None]]


@dataclass(frozen=True)
class Fault:
    """One of them.

    Args:
        comes_to: what a call of it may come to.
        play: plays it.
    """

    comes_to: frozenset[str]
    play: Play


def _bomb(size: int) -> bytes:
    """Compress an array of so many millions of blanks: one million once, since every test process has the bomb."""
    blanks = b" " * 1_000_000
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    first = packer.compress(b"[") + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(blanks) + packer.flush(zlib.Z_FULL_FLUSH)  # it refers to nothing before it
    last = packer.compress(b"]") + packer.flush()
    check = reduce(lambda check, part: zlib.crc32(part, check), [b"[", *[blanks] * size, b"]"], 0)
    head = b"\x1f\x8b\x08" + b"\0" * 6 + b"\xff"  # RFC 1952: deflate, no flags, no time, an unknown system
    return head + first + again * size + last + struct.pack("<II", check, size * len(blanks) + 2)


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
GZIP = OK + b"Content-Encoding: gzip\r\n"
BOMB = _bomb(100)


def sized(body: bytes, head: bytes = OK) -> bytes:
    """Frame a body by its length."""
    return head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


@dataclass(frozen=True)
class Script:
    """Say something, and then what follows.

    Args:
        said: what is said at once.
        then: what follows.
        more: what is said again and again, without an end.
        ends: whether the connection ends by itself.
    """

    said: bytes
    then: Callable[[Peer, bytes], Awaitable[None]] | None = None
    more: bytes | None = None
    ends: bool = False

    async def __call__(self, peer: Peer) -> None:
        """Play it."""
        await peer.send(self.said)
        if self.then:
            await self.then(peer, self.more or b"")


def once(data: bytes) -> Script:
    """Send this, and close."""
    return Script(data, ends=True)


def then_hang(data: bytes) -> Script:
    """Send this, and no more."""

    async def hang(peer: Peer, _: bytes) -> None:
        await peer.hang()

    return Script(data, hang)


def then_drip(data: bytes, drops: bytes) -> Script:
    """Send this at once, and that byte by byte, again and again."""

    async def drip(peer: Peer, drops: bytes) -> None:
        while True:
            await peer.drip(drops)

    return Script(data, drip, drops)


def then_flood(data: bytes, more: bytes) -> Script:
    """Send this, and that without end."""
    return Script(data, Peer.flood, more)


def then_reset(data: bytes) -> Script:
    """Send this, and reset."""

    async def reset(peer: Peer, _: bytes) -> None:
        await asyncio.sleep(TICK)
        peer.reset()

    return Script(data, reset)


def late(early: bytes, rest: bytes) -> Play:
    """Send this in time, and the rest of the answer too late."""

    async def play(peer: Peer) -> None:
        await peer.send(early)
        await asyncio.sleep(LATE)
        await peer.send(rest)

    return play


def apart(*pieces: bytes) -> Play:
    """Send these, a tick apart, and close."""

    async def play(peer: Peer) -> None:
        for piece in pieces:
            await peer.send(piece)
            await asyncio.sleep(TICK)

    return play


def _answers(comes_to: frozenset[str], answers: dict[str, bytes]) -> dict[str, Fault]:
    return {name: Fault(comes_to, once(answer)) for name, answer in answers.items()}


def _played(comes_to: frozenset[str], plays: dict[str, Play]) -> dict[str, Fault]:
    return {name: Fault(comes_to, play) for name, play in plays.items()}


def _json(comes_to: frozenset[str], bodies: dict[str, bytes]) -> dict[str, Fault]:
    return _answers(comes_to, {f"json-{name}": sized(body) for name, body in bodies.items()})


SLOW = _played(
    TIMEOUT,
    {
        "late": late(b"", sized(b"{}")),
        "late-body": late(OK + b"Content-Length: 2\r\n\r\n", b"{}"),
        "late-last-chunk": late(CHUNKED + b"2\r\n{}\r\n", b"0\r\n\r\n"),
        "late-drops": apart(OK + b"Content-Length: 52\r\n\r\n", *[b" "] * int(LATE / TICK), b"{}"),
        "hang": then_hang(b""),
        "hang-in-status": then_hang(b"HTTP/1.1 20"),
        "hang-in-headers": then_hang(OK + b"X: y\r\n"),
        "hang-before-body": then_hang(OK + b"Content-Length: 2\r\n\r\n"),
        "hang-in-body": then_hang(OK + b"Content-Length: 2\r\n\r\n{"),
        "hang-in-chunk": then_hang(CHUNKED + b"2\r\n{"),
        "hang-before-last-chunk": then_hang(CHUNKED + b"2\r\n{}\r\n"),
        "hang-in-trailers": then_hang(CHUNKED + b"2\r\n{}\r\n0\r\nX: y\r\n"),
        "hang-without-length": then_hang(OK + b"\r\n{}"),
        "drip-status": then_drip(b"HTTP/1.1 200 ", b"O"),
        "drip-headers": then_drip(OK, b"X: y\r\n"),
        "drip-body": then_drip(OK + b"Content-Length: 1000\r\n\r\n", b" "),
        "drip-without-length": then_drip(OK + b"\r\n", b" "),
        "drip-chunks": then_drip(CHUNKED, b"1\r\n \r\n"),
        "drip-chunk-extension": then_drip(CHUNKED + b"1;", b"x"),
        "drip-trailers": then_drip(CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: y\r\n"),
        "drip-interim": then_drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        "drip-gzip": then_drip(GZIP + b"\r\n" + gzip.compress(b"")[:10], b"\x00\x00\x00\xff\xff"),
    },
)
ENDLESS_HEADS = _played(
    UNAVAILABLE,
    {
        "endless-status": then_flood(b"HTTP/1.1 200 ", b"x" * 4096),
        "endless-header": then_flood(OK + b"X: ", b"x" * 4096),
        "endless-headers": then_flood(OK, b"X: y\r\n" * 100),
        "endless-interim": then_flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
        "endless-hints": then_flood(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100),
        "endless-chunk-extension": then_flood(CHUNKED + b"2;", b"x" * 4096),
        "endless-chunk-size": then_flood(CHUNKED, b"0" * 4096),
        "endless-trailers": then_flood(CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: y\r\n" * 100),
        "endless-empty-lines": then_flood(b"", b"\r\n" * 1000),
    },
)
ENDLESS_BODIES = {
    **_played(
        TOO_LARGE | TIMEOUT,
        {
            "endless-body": then_flood(OK + b"\r\n", b" " * 65_536),
            "endless-chunks": then_flood(CHUNKED, b"1000\r\n" + b" " * 0x1000 + b"\r\n"),
            "endless-chunk": then_flood(CHUNKED + b"FFFFFFFFFFFF\r\n", b" " * 65_536),
            "endless-length": then_flood(OK + b"Content-Length: 999999999999\r\n\r\n", b" " * 65_536),
            "endless-gzip-of-nothing": then_flood(
                GZIP + b"\r\n" + gzip.compress(b"")[:10], b"\x00\x00\x00\xff\xff" * 10_000
            ),
            "endless-redirect": then_flood(b"HTTP/1.1 302 Found\r\nLocation: /json-ok\r\n\r\n", b" " * 65_536),
            "endless-error": then_flood(b"HTTP/1.1 500 Oops\r\n\r\n", b" " * 65_536),
            "bomb": once(sized(BOMB, GZIP)),
            "bomb-in-chunks": then_flood(
                GZIP + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(BOMB), BOMB), b"1\r\n\0\r\n"
            ),
            "bomb-in-redirect": once(sized(BOMB, b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Encoding: gzip\r\n")),
            "bomb-behind-json": once(sized(gzip.compress(b"{}") + BOMB, GZIP)),
        },
    ),
    "endless-tiny-chunks": Fault(UNAVAILABLE | TIMEOUT, then_flood(CHUNKED, b"1\r\n \r\n" * 10_000)),
    "endless-gzip-members": Fault(UNDECODABLE, then_flood(GZIP + b"\r\n", gzip.compress(b"") * 3000)),
}
CODINGS = _answers(
    UNDECODABLE,
    {
        "bomb-nested": sized(gzip.compress(BOMB), GZIP),
        "bomb-nested-and-said": sized(gzip.compress(BOMB), OK + b"Content-Encoding: gzip, gzip\r\n"),
        "coding-deflate": sized(b"{}", OK + b"Content-Encoding: deflate\r\n"),
        "coding-br": sized(b"{}", OK + b"Content-Encoding: br\r\n"),
        "coding-unknown": sized(b"{}", OK + b"Content-Encoding: \xff\r\n"),
        "gzip-cut-short": sized(gzip.compress(b"{}")[:-4], GZIP),
        "gzip-that-is-none": sized(b"{}", GZIP),
        "gzip-with-a-wrong-checksum": sized(gzip.compress(b"{}")[:-8] + b"\0" * 8, GZIP),
        "gzip-with-garbage-behind": sized(gzip.compress(b"{}") + b"garbage", GZIP),
    },
)
BROKEN_OFF = {
    **_played(
        UNAVAILABLE,
        {
            "reset": then_reset(b""),
            "reset-in-status": then_reset(b"HTTP/1.1 2"),
            "reset-in-headers": then_reset(OK + b"X: y"),
            "reset-in-body": then_reset(OK + b"Content-Length: 9\r\n\r\n{"),
            "reset-in-chunk": then_reset(CHUNKED + b"9\r\n{"),
            "reset-without-length": then_reset(OK + b"\r\n{}"),
        },
    ),
    **_answers(
        UNAVAILABLE,
        {
            "close": b"",
            "close-in-status": b"HTTP/1.1 2",
            "close-in-headers": OK + b"X: y",
            "close-in-body": OK + b"Content-Length: 9\r\n\r\n{}",
            "close-in-chunk": CHUNKED + b"9\r\n{}",
            "close-before-last-chunk": CHUNKED + b"2\r\n{}\r\n",
            "close-in-trailers": CHUNKED + b"2\r\n{}\r\n0\r\nX: y\r\n",
            "close-after-interim": b"HTTP/1.1 100 Continue\r\n\r\n",
        },
    ),
}
FRAMING = _answers(
    UNAVAILABLE,
    {
        "length-and-chunks": OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "chunks-and-length": OK + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "two-lengths": OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
        "a-length-twice": OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        "a-list-of-lengths": OK + b"Content-Length: 2, 2\r\n\r\n{}",
        "negative-length": OK + b"Content-Length: -2\r\n\r\n{}",
        "signed-length": OK + b"Content-Length: +2\r\n\r\n{}",
        "underscored-length": OK + b"Content-Length: 0_2\r\n\r\n{}",
        "hexadecimal-length": OK + b"Content-Length: 0x2\r\n\r\n{}",
        "empty-length": OK + b"Content-Length: \r\n\r\n{}",
        "length-overflow": OK + b"Content-Length: 99999999999999999999999999\r\n\r\n{}",
        "chunk-overflow": CHUNKED + b"FFFFFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n",
        "chunk-negative": CHUNKED + b"-1\r\n{}\r\n0\r\n\r\n",
        "chunk-more-negative": CHUNKED + b"-5\r\n{}\r\n0\r\n\r\n",
        "chunk-prefixed": CHUNKED + b"0x2\r\n{}\r\n0\r\n\r\n",
        "chunk-without-size": CHUNKED + b"\r\n{}\r\n0\r\n\r\n",
        "chunk-of-letters": CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n",
        "chunk-without-end": CHUNKED + b"2\r\n{}XX0\r\n\r\n",
        "chunk-too-short": CHUNKED + b"5\r\n{}\r\n0\r\n\r\n",
        "coding-before-chunks": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "chunks-twice": OK + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "chunks-not-last": OK + b"Transfer-Encoding: chunked, identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "transfer-coding-unknown": OK + b"Transfer-Encoding: x\r\nContent-Length: 2\r\n\r\n{}",
        "folded-header": sized(b"{}", OK + b"X: y\r\n z\r\n"),
        "folded-first-header": sized(b"{}", OK + b" X: y\r\n"),
        "nul-in-a-value": sized(b"{}", OK + b"X: y\0z\r\n"),
        "nul-in-a-name": sized(b"{}", OK + b"X\0: y\r\n"),
        "return-in-a-value": sized(b"{}", OK + b"X: y\rZ: 1\r\n"),
        "space-before-the-colon": OK + b"Content-Length : 2\r\n\r\n{}",
        "no-colon": sized(b"{}", OK + b"X y\r\n"),
        "no-name": sized(b"{}", OK + b": y\r\n"),
        "too-many-headers": sized(b"{}", OK + b"X: y\r\n" * 101),
        "no-status-line": b"Content-Length: 2\r\n\r\n{}",
        "http-0.9": b"{}",
        "http-2.0": sized(b"{}", b"HTTP/2.0 200 OK\r\n"),
        "http-of-letters": sized(b"{}", b"HTTP/x.y 200 OK\r\n"),
        "no-http": b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
        "status-of-letters": sized(b"{}", b"HTTP/1.1 abc OK\r\n"),
        "status-099": sized(b"{}", b"HTTP/1.1 099 OK\r\n"),
        "status-1000": sized(b"{}", b"HTTP/1.1 1000 OK\r\n"),
        "switching-protocols": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    },
)
STATUSES = {
    **_answers(
        REJECTED,
        {
            "redirect": b"HTTP/1.1 302 Found\r\nLocation: /json-ok\r\nContent-Length: 0\r\n\r\n",
            "redirect-not-unicode": b"HTTP/1.1 302 Found\r\nLocation: http://\xff\xfe/\r\nContent-Length: 0\r\n\r\n",
            "redirect-no-url": b"HTTP/1.1 302 Found\r\nLocation: http://[::1/\r\nContent-Length: 0\r\n\r\n",
            "not-modified-with-a-body": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n{}",
            "unauthorized": sized(b"{}", b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n"),
        },
    ),
    **_answers(
        UNAVAILABLE,
        {f"status-{code}": sized(b"{}", b"HTTP/1.1 %d x\r\n" % code) for code in (429, 500, 599, 999)},
    ),
    **_answers(NOT_FOUND, {"status-404": sized(b"{}", b"HTTP/1.1 404 Not Found\r\n")}),
    **_answers(FRESH, {"no-content-with-a-body": b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}"}),
}
JSON = {
    **_json(
        UNDECODABLE,
        {
            "empty": b"",
            "html": b"<!doctype html><title>Oops</title>",
            "cut-short": b'{"a": [1, 2',
            "more-behind": b"{} {}",
            "single-quotes": b"{'a': 1}",
            "comment": b"{} // ok",
            "nan": b"[NaN]",
            "infinity": b"[-Infinity]",
            "too-large-a-number": b"[1e999]",
            "too-long-a-number": b"[1" + b"0" * 400 + b"]",
            "a-million-digits": b"1" * 900_000,
            "leading-zero": b"[01]",
            "lone-surrogate": b'["\\ud800"]',
            "not-unicode": b'["\xff"]',
            "latin-1": '["é"]'.encode("latin-1"),
            "utf-16": "{}".encode("utf-16"),
            "nul": b"\0",
            "too-deep": b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
        },
    ),
    **_json(
        TOO_LARGE,
        {
            "far-too-deep": b"[" * 400_000 + b"]" * 400_000,
            "deep-and-open": b'{"a":' * 150_000,
        },
    ),
    **_json(
        FRESH,
        {
            "byte-order-mark": b"\xef\xbb\xbf{}",
            "ok": b'{"ok": true}',
            "deepest": b"[" * DEEPEST + b"]" * DEEPEST,
            "same-key-twice": b'{"a": 1, "a": 2}',
            "a-long-fraction": b"0." + b"1" * 900_000,
            "an-integer-of-65-bits": b"18446744073709551616",
        },
    ),
}
GOOD = {
    **_answers(
        FRESH,
        {
            "interim-first": (
                b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n" + sized(b"{}")
            ),
            "body-beyond-its-length": sized(b"{}") + b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsmuggled!",
            "strange-cookies": sized(b"{}", OK + b"Set-Cookie: a=\xff; expires=\xff\r\nSet-Cookie: ;=;\r\n"),
            "strange-charset": sized(b"{}", OK + b'Content-Type: application/json; charset="no-such\r\n'),
            "strange-names": sized(b"{}", OK + b"!#$%&'*+-.^_`|~: y\r\nX: \xf0\x9f\x98\x80\r\n"),
        },
    ),
    "answer-after-hints": Fault(FRESH, apart(b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n", sized(b"{}"))),
    "gzip-in-two-members": Fault(FRESH, once(sized(gzip.compress(b"{") + gzip.compress(b"}"), GZIP))),
    "gzip-of-nothing": Fault(UNDECODABLE, once(sized(b"", GZIP))),
}

BY_PATH = SLOW | ENDLESS_HEADS | ENDLESS_BODIES | CODINGS | BROKEN_OFF | FRAMING | STATUSES | JSON | GOOD
"""Faults of answers, by the path that is asked for."""

FEW = {
    name: BY_PATH[name]
    for name in (
        "hang",
        "hang-in-headers",
        "hang-in-body",
        "drip-headers",
        "drip-body",
        "drip-chunks",
        "drip-interim",
        "drip-gzip",
        "endless-header",
        "endless-interim",
        "endless-trailers",
        "endless-body",
        "endless-chunks",
        "endless-redirect",
        "endless-gzip-members",
        "bomb",
        "bomb-in-chunks",
        "coding-br",
        "gzip-cut-short",
        *(name for name in BROKEN_OFF if name.startswith("reset")),
        "close",
        "close-in-body",
        "close-in-trailers",
        "two-lengths",
        "chunk-of-letters",
        "switching-protocols",
        "redirect",
        "redirect-not-unicode",
        "status-404",
        "status-500",
        "json-too-deep",
        "json-ok",
        "interim-first",
        "answer-after-hints",
        "body-beyond-its-length",
        "gzip-in-two-members",
    )
}
"""Some of every kind: what a client adds to the reading of answers shows in them."""

BY_PORT: dict[str, frozenset[str]] = {
    "refused": UNAVAILABLE,
    "accept-close": UNAVAILABLE,
    "accept-reset": UNAVAILABLE,
    "accept-hang": TIMEOUT,
    "greeting": UNAVAILABLE,
    "tls-hang": TIMEOUT,
    "tls-drip": TIMEOUT,
    "tls-close": UNAVAILABLE,
    "tls-reset": UNAVAILABLE,
    "tls-plain": UNAVAILABLE,
    "tls-alert": UNAVAILABLE,
    "tls-expired": UNAVAILABLE,
    "tls-not-yet-valid": UNAVAILABLE,
    "tls-wrong-name": UNAVAILABLE,
    "tls-of-another-authority": UNAVAILABLE,
    "tls-old": UNAVAILABLE,
    "tls-good": FRESH,
    "tls-hang-in-body": TIMEOUT,
    "tls-drip-in-body": TIMEOUT,
    "tls-endless": TOO_LARGE | TIMEOUT,
    "tls-cut": UNAVAILABLE,
}
"""Faults of connections, each with a port of its own, and what a call may come to."""
