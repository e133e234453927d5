"""Odd answers, each by its name, and the one way to read each: strictly, as RFC 9112 allows."""

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Good:
    """It is an answer.

    Args:
        body: what it says.
        keep: whether its connection may carry another.
        status: the status code.
    """

    body: bytes = b"hello"
    keep: bool = True
    status: int = 200


REFUSED = "refused"
"""It is no answer, which shows before the connection ends."""
CUT = "cut short"
"""It is the beginning of one."""

type Reading = Good | str


@dataclass(frozen=True)
class Odd:
    """An odd answer to a request with this method, and how it is read."""

    wire: bytes
    reading: Reading
    method: str = "GET"


OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: 5\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"
BODY = b"\r\nhello"

FRAMINGS = {
    "with a length": (LENGTH, b"hello", True),
    "in chunks": (CHUNKED, CHUNKS, True),
    "until closed": (b"", b"hello", False),
}

STATUS_LINES: dict[bytes, Reading] = {
    b"HTTP/1.1 200 OK": Good(),
    b"HTTP/1.1 200 ": Good(),
    b"HTTP/1.1 200": Good(),
    b"HTTP/1.1 200  OK": Good(),
    b"HTTP/1.1 200 \tOK\t": Good(),
    b"HTTP/1.1 200 \xff\x80": Good(),
    b"HTTP/1.1 200 HTTP/1.1 404": Good(),
    b"HTTP/1.1 201 Created": Good(status=201),
    b"HTTP/1.1 404 Not Found": Good(status=404),
    b"HTTP/1.1 600 x": Good(status=600),
    b"HTTP/1.1 999 x": Good(status=999),
    b"HTTP/1.0 200 OK": Good(keep=False),
} | dict.fromkeys(
    (
        b"HTTP/0.9 200 OK",
        b"HTTP/1.2 200 OK",
        b"HTTP/1.9 200 OK",
        b"HTTP/1.10 200 OK",
        b"HTTP/1.01 200 OK",
        b"HTTP/01.1 200 OK",
        b"HTTP/2.0 200 OK",
        b"HTTP/2 200 OK",
        b"HTTP/3 200 OK",
        b"HTTP/1 200 OK",
        b"HTTP/1. 200 OK",
        b"HTTP/.1 200 OK",
        b"HTTP/x.y 200 OK",
        b"HTTP/-1.1 200 OK",
        b"HTTP/1,1 200 OK",
        b"HTTP/1.1.1 200 OK",
        b"http/1.1 200 OK",
        b"HTTP 1.1 200 OK",
        b"HTTP /1.1 200 OK",
        b"HTTP/ 1.1 200 OK",
        b"HTTPS/1.1 200 OK",
        b"RTSP/1.1 200 OK",
        b"RTSP/1.0 200 OK",
        b"ICY 200 OK",
        b"SIP/2.0 200 OK",
        b"GET / HTTP/1.1",
        b"HTTP/1.1",
        b"HTTP/1.1 ",
        b"HTTP/1.1 OK",
        b"HTTP/1.1 +200 OK",
        b"HTTP/1.1 -200 OK",
        b"HTTP/1.1 2_00 OK",
        b"HTTP/1.1  200 OK",
        b"HTTP/1.1\t200 OK",
        b"HTTP/1.1 200\tOK",
        b"HTTP/1.1 200OK",
        b"HTTP/1.1200 OK",
        b"HTTP/1.1 000 OK",
        b"HTTP/1.1 001 OK",
        b"HTTP/1.1 099 OK",
        b"HTTP/1.1 0200 OK",
        b"HTTP/1.1 20 OK",
        b"HTTP/1.1 2 OK",
        b"HTTP/1.1 2000 OK",
        b"HTTP/1.1 1000 OK",
        b"HTTP/1.1 20x OK",
        b"HTTP/1.1 abc OK",
        b"HTTP/1.1 2.0 OK",
        b"HTTP/1.1 0xC8 OK",
        b"HTTP/1.1 \xb2\xb0\xb0 OK",
        b"HTTP/1.1 200\x00",
        b"HTTP/1.1 200\xa0OK",
        b"HTTP/1.1\xa0200 OK",
        b"HTTP/1.1 200 O\x00K",
        b"HTTP/1.1 200 O\x01K",
        b"HTTP/1.1 200 O\x0bK",
        b"HTTP/1.1 200 O\x0cK",
        b"HTTP/1.1 200 O\x7fK",
        b"HTTP/1.1 200 O\rK",
        b"HTTP/1.1 200 O\nK",
        b"HTTP/1.1 200 OK\r",
        b"\x00HTTP/1.1 200 OK",
        b" HTTP/1.1 200 OK",
        b"\tHTTP/1.1 200 OK",
        b"\r\nHTTP/1.1 200 OK",
        b"\nHTTP/1.1 200 OK",
        b"\r\n\r\nHTTP/1.1 200 OK",
        b"\xef\xbb\xbfHTTP/1.1 200 OK",
        b"HTTP/1.1 101 Switching Protocols",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade",
        b"Content-Length: 2",
        b"{}",
        b"<!doctype html>",
        b"SSH-2.0-OpenSSH_9.9",
        b"220 mail.example ESMTP",
        b"",
    ),
    REFUSED,
)

FIELDS: dict[bytes, Reading] = {
    b"X: y\r\n": Good(),
    b"X:y\r\n": Good(),
    b"X:\r\n": Good(),
    b"X: \r\n": Good(),
    b"X:\t y \t\r\n": Good(),
    b"x: y: z\r\n": Good(),
    b"X: \x80\xa0\xff\r\n": Good(),
    b"X: \xf0\x9f\x98\x80\r\n": Good(),
    b'X: "unclosed\r\n': Good(),
    b"!#$%&'*+-.^_`|~0aZ: y\r\n": Good(),
    b"X: y\r\n" * 99: Good(),
    b"X: y\r\n" * 101: REFUSED,
    b" X: y\r\n": REFUSED,
    b"\tX: y\r\n": REFUSED,
    b"X: y\r\n z\r\n": REFUSED,
    b"X: y\r\n\tz\r\n": REFUSED,
    b"X: y\r\n \r\n": REFUSED,
    b"X : y\r\n": REFUSED,
    b"X\t: y\r\n": REFUSED,
    b"X y\r\n": REFUSED,
    b"X\r\n": REFUSED,
    b": y\r\n": REFUSED,
    b"X Y: z\r\n": REFUSED,
    b"\xe9: y\r\n": REFUSED,
    b"X: y\n": REFUSED,
    b"X: y\nZ: 1\r\n": REFUSED,
    b"X: y\r": REFUSED,
    b"X: y\rZ: 1\r\n": REFUSED,
    b"X: y\r\r\n": REFUSED,
    b"\n": REFUSED,
    **{b"X%c: y\r\n" % mark: REFUSED for mark in b'(),/;<=>?@[\\]{}"\x00\x01\x0b\x0c\x1f\x7f\x80\xa0'},
    **{b"X: y%cz\r\n" % mark: REFUSED for mark in b"\x00\x01\x07\x08\x0b\x0c\x0e\x1b\x1f\x7f"},
}
"""Lines of a header or trailer section."""

LENGTHS: dict[bytes, Reading] = {
    b"5": Good(),
    b"05": Good(),
    b"0000000000000000005": Good(),
    b" 5": Good(),
    b"\t5 \t": Good(),
    **dict.fromkeys(
        (
            b"",
            b"+5",
            b"-5",
            b"-0",
            b"5.0",
            b"0x5",
            b"5e0",
            b"0_5",
            b"5 5",
            b"5, 5",
            b"5,",
            b",5",
            b"5, 6",
            b"5;",
            b"five",
            b'"5"',
            b"\xa05",
            b"5\xa0",
            b"5\x85",
            b"\x855",
            b"\xb2",
            b"9223372036854775808",
            b"9999999999999999999",
            b"99999999999999999999999999",
            b"5\r\nContent-Length: 5",
            b"5\r\nContent-Length: 6",
            b"5\r\ncontent-length: 5",
            b"5\r\nTransfer-Encoding: chunked",
            b"5\r\nTransfer-Encoding: identity",
            b"5\r\nTransfer-Encoding: ",
        ),
        REFUSED,
    ),
    b"6": CUT,
    b"9223372036854775807": CUT,
}

CODINGS: dict[bytes, Reading] = {
    b"chunked": Good(),
    b"Chunked": Good(),
    b"CHUNKED": Good(),
    b"chunked ": Good(),
    b"chunked\t": Good(),
    b"chunked \t ": Good(),
    b"\t chunked": Good(),
    **dict.fromkeys(
        (
            b"",
            b"identity",
            b"gzip",
            b"gzip, chunked",
            b"chunked, gzip",
            b"chunked, identity",
            b"identity, chunked",
            b"chunked, chunked",
            b"chunked,",
            b",chunked",
            b"chunked;q=1",
            b"chunked;",
            b"xchunked",
            b"chunkedx",
            b"chunke",
            b"'chunked'",
            b'"chunked"',
            b"chunked\xa0",
            b"\xa0chunked",
            b"chunked\x85",
            b"\x85chunked",
            b"chunked\x0b",
            b"\x0cchunked",
            b"chunked\x00",
            b"chu nked",
            b"chunked\r\nTransfer-Encoding: chunked",
            b"gzip\r\nTransfer-Encoding: chunked",
            b"chunked\r\nTransfer-Encoding: gzip",
            b"chunked\r\nTransfer-Encoding:",
            b"chunked\r\nContent-Length: 5",
            b"chunked\r\nContent-Length: 0",
        ),
        REFUSED,
    ),
}

SIZES: dict[bytes, Reading] = {
    **dict.fromkeys(
        (
            b"5",
            b"05",
            b"00000000000000000005",
            b"5 ",
            b"5\t",
            b"5 \t ",
            b"5;x",
            b"5 ;x",
            b"5\t;x",
            b"5; x",
            b"5 ; x",
            b"5;x ",
            b"5;x=y",
            b"5 ; x = y ",
            b"5;x\t=\ty",
            b"5;x;y",
            b"5;x=y;z=1",
            b'5;x="y"',
            b'5;x=""',
            b'5;x="a;b=c, d"',
            b'5;x="a\\"b\\\\"',
            b'5;x="\xff\t"',
            b'5;x="y" ; z',
        ),
        Good(),
    ),
    **dict.fromkeys(
        (
            b"",
            b" 5",
            b"\t5",
            b"+5",
            b"-5",
            b"-1",
            b"0x5",
            b"5h",
            b"zz",
            b"5 5",
            b"5.",
            b"5_0",
            b"5,",
            b"\xb2",
            b"5\xa0",
            b"5\x85",
            b"5\x00",
            b"5\x0b",
            b"5\r",
            b"5\n",
            b";x",
            b"5;",
            b"5;;x",
            b"5;x;",
            b"5;x=",
            b"5;=y",
            b"5;x==y",
            b"5;x y",
            b"5;x=y z",
            b"5;(",
            b"5;x(y",
            b"5;\x00",
            b"5;x\x00",
            b"5;x=\x00",
            b"5;x=\xff",
            b"5;\xff",
            b"5;x\x7f",
            b"5;x\ny",
            b"5;x\n",
            b"5;x\ry",
            b'5;x="y',
            b'5;x="y"z',
            b'5;x="\x00"',
            b'5;x="y\\"',
            b'5;x="\n"',
            b'5;x="\\\x01"',
            b"FFFFFFFFFFFFFFFF",
            b"FFFFFFFFFFFFFFFFF",
            b"8000000000000000",
            b"F" * 5000,
            b"4",
        ),
        REFUSED,
    ),
    b"7FFFFFFFFFFFFFFF": CUT,
    b"11": CUT,
}
"""The line before five bytes of a chunk."""

CHUNKED_BODIES: dict[bytes, Reading] = {
    CHUNKS: Good(),
    b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n": Good(),
    b"5\r\nhello\r\n000\r\n\r\n": Good(),
    b"5\r\nhello\r\n0 \r\n\r\n": Good(),
    b"5\r\nhello\r\n0;x=y\r\n\r\n": Good(),
    b"0\r\n\r\n": Good(b""),
    CHUNKS + b"0\r\n\r\n": Good(keep=False),
    CHUNKS + b"\r\n": Good(keep=False),
    CHUNKS + b"\x00": Good(keep=False),
    CHUNKS + OK: Good(keep=False),
    b"5\r\nhello0\r\n\r\n": REFUSED,
    b"5\r\nhelloX0\r\n\r\n": REFUSED,
    b"5\r\nhello!\r\n0\r\n\r\n": REFUSED,
    b"5\r\nhello\n0\r\n\r\n": REFUSED,
    b"5\r\nhello\r0\r\n\r\n": REFUSED,
    b"5\r\nhello\r\n\r\n0\r\n\r\n": REFUSED,
    b"5\r\nhello\r\n0\n\r\n": REFUSED,
    b"5\r\nhello\r\n0\r\n\n": REFUSED,
    b"5\r\nhello\r\n0\r\n\rX": REFUSED,
    b"5\nhello\r\n0\r\n\r\n": REFUSED,
    b"1\r\nx\r\n" * 10_000: REFUSED,
    b"5\r\nhello\r\n0\r\nX: " + b"x" * 10_000: REFUSED,
    b"5;x=" + b"x" * 10_000: REFUSED,
    b"5" + b" " * 10_000: REFUSED,
    b"0" * 10_000: REFUSED,
    b"5\r\nhello\r\n": CUT,
    b"5\r\nhello": CUT,
    b"5\r\nhell": CUT,
    b"5\r\n": CUT,
    b"5\r": CUT,
    b"5": CUT,
    b"": CUT,
    b"5\r\nhello\r\n0\r\n": CUT,
    b"5\r\nhello\r\n0\r\nX: y\r\n": CUT,
    b"5\r\nhello\r\n0\r\nX: y\r\n\r": CUT,
}

_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
_FINAL = OK + LENGTH + BODY
WHOLE: dict[bytes, Reading] = {
    b"HTTP/1.1 100 Continue\r\n\r\n" + _FINAL: Good(),
    b"HTTP/1.1 100\r\n\r\n" + _FINAL: Good(),
    b"HTTP/1.1 102 Processing\r\n\r\n" + _HINTS + _FINAL: Good(),
    b"HTTP/1.1 199 x\r\n\r\n" + _FINAL: Good(),
    b"HTTP/1.1 100 x\r\nConnection: close\r\n\r\n" + _FINAL: Good(),
    b"HTTP/1.1 100 x\r\nContent-Length: 5\r\n\r\n" + _FINAL: Good(),
    b"HTTP/1.1 100 x\r\nTransfer-Encoding: chunked\r\n\r\n" + _FINAL: Good(),
    _HINTS * 32 + _FINAL: Good(),
    _HINTS * 33 + _FINAL: REFUSED,
    _HINTS * 10_000: REFUSED,
    b"HTTP/1.1 103 x\r\n\r\n" * 33: REFUSED,
    b"HTTP/1.1 100 x\r\nContent-Length: G\r\n\r\n" + _FINAL: REFUSED,
    b"HTTP/1.1 100 x\r\n\r\n\r\n" + _FINAL: REFUSED,
    b"HTTP/1.1 100 x\n\n" + _FINAL: REFUSED,
    b"HTTP/1.1 100 \x00\r\n\r\n" + _FINAL: REFUSED,
    b"HTTP/1.2 100 x\r\n\r\n" + _FINAL: REFUSED,
    b"RTSP/1.1 100 x\r\n\r\n" + _FINAL: REFUSED,
    b"HTTP/1.1 099 x\r\n\r\n" + _FINAL: REFUSED,
    b"HTTP/1.1 100 Continue\r\n\r\n": CUT,
    b"HTTP/1.1 100 Continue\r\n\r\nHTT": CUT,
    b"HTTP/1.1 100 Continue\r\n\r\nSSH": REFUSED,
    OK + b"X: y\r\n" * 100 + BODY: Good(keep=False),
    OK + b"X: y\r\n" * 101 + BODY: REFUSED,
    OK + b"X: " + b"x" * 60_000 + b"\r\n" + LENGTH + BODY: Good(),
    OK + b"X: " + b"x" * 70_000 + b"\r\n" + LENGTH + BODY: REFUSED,
    OK + b"X: " + b"x" * 200_000: REFUSED,
    OK + (b"X: " + b"x" * 1000 + b"\r\n") * 66 + LENGTH + BODY: REFUSED,
    b"HTTP/1.1 200 " + b"x" * 70_000 + b"\r\n" + LENGTH + BODY: REFUSED,
    b"HTTP/1.1 200 " + b"x" * 300_000: REFUSED,
    _FINAL + b"x": Good(keep=False),
    _FINAL + b"\r\n": Good(keep=False),
    _FINAL + b"\x00\x00": Good(keep=False),
    _FINAL + _FINAL: Good(keep=False),
    OK + b"Connection: close\r\n" + LENGTH + BODY: Good(keep=False),
    OK + b"Connection: Close\r\n" + LENGTH + BODY: Good(keep=False),
    OK + b"Connection: x ,\tclose \r\n" + LENGTH + BODY: Good(keep=False),
    OK + b"Connection: keep-alive\r\nConnection: close\r\n" + LENGTH + BODY: Good(keep=False),
    OK + b"Connection: keep-alive\r\n" + LENGTH + BODY: Good(),
    OK + b"Connection: upgrade\r\nUpgrade: h2,h2c\r\n" + LENGTH + BODY: Good(),
    b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + LENGTH + BODY: Good(),
    b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + CHUNKED + b"\r\n" + CHUNKS: Good(keep=False),
    b"HTTP/1.1 204 x\r\n\r\n": Good(b"", status=204),
    b"HTTP/1.1 204 x\r\nContent-Length: 0\r\n\r\n": Good(b"", status=204),
    b"HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n": Good(b"", keep=False, status=204),
    b"HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS: Good(b"", keep=False, status=204),
    b"HTTP/1.1 204 x\r\nContent-Length: x\r\n\r\n": REFUSED,
    b"HTTP/1.1 205 x\r\nContent-Length: 0\r\n\r\n": Good(b"", status=205),
    b"HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n": Good(b"", status=304),
    b"HTTP/1.1 304 x\r\n\r\nhello": Good(b"", keep=False, status=304),
    OK + b"Content-Length: 0\r\n\r\n": Good(b""),
    OK + b"\r\n": Good(b"", keep=False),
    OK + LENGTH + b"\r\nhell": CUT,
    OK + LENGTH + b"\r\n": CUT,
    OK + LENGTH + b"\r": CUT,
    OK + LENGTH: CUT,
    OK + b"Content-Le": CUT,
    b"HTTP/1.1 200 OK\r": CUT,
    b"HTTP/1.1 2": CUT,
    b"H": CUT,
    b"": CUT,
}


def odd_answers() -> dict[str, Odd]:
    """Give all of them by their names."""
    return {f"{number}: {name}": odd for number, (name, odd) in enumerate(_all())}


def mutants(count: int, seed: int) -> Iterator[bytes]:
    """Give odd answers with a few of their bytes replaced, removed, doubled or put elsewhere; the same for a seed."""
    randomness = random.Random(seed)
    seeds = [odd.wire for _, odd in _all() if 0 < len(odd.wire) < 2000]
    marks = (
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b" ",
        b"\t",
        b":",
        b";",
        b",",
        b"0",
        b"5",
        b"\xa0",
        b"\x85",
        b'"',
        b"chunked",
    )
    for _ in range(count):
        wire = bytearray(randomness.choice(seeds))
        for _ in range(randomness.randint(1, 4)):
            at = randomness.randrange(len(wire) + 1)
            match randomness.randrange(5):
                case 0:
                    wire[at:at] = randomness.choice(marks)
                case 1:
                    del wire[at : at + randomness.randint(1, 3)]
                case 2:
                    wire[at : at + 1] = bytes([randomness.randrange(256)])
                case 3:
                    wire[at:at] = wire[at : at + randomness.randint(1, 30)]
                case _:
                    other = randomness.choice(seeds)
                    cut = randomness.randrange(len(other))
                    wire[at:at] = other[cut : cut + randomness.randint(1, 20)]
        yield bytes(wire)


def _all() -> Iterator[tuple[str, Odd]]:
    for line, reading in STATUS_LINES.items():
        for how, (field, body, kept) in FRAMINGS.items():
            kept = isinstance(reading, Good) and reading.keep and kept  # noqa: PLW2901 - as both say
            read = Good(status=reading.status, keep=kept) if isinstance(reading, Good) else reading
            yield f"status line {line[:60]!r}, {how}", Odd(line + b"\r\n" + field + b"\r\n" + body, read)
    for field, reading in FIELDS.items():
        yield f"header {field[:60]!r}", Odd(OK + field + LENGTH + BODY, reading)
        yield f"last header {field[:60]!r}", Odd(OK + LENGTH + field + BODY, reading)
        yield (
            f"header of an interim answer {field[:60]!r}",
            Odd(b"HTTP/1.1 103 x\r\n" + field + b"\r\n" + _FINAL, reading),
        )
        yield f"trailer {field[:60]!r}", Odd(OK + CHUNKED + b"\r\n5\r\nhello\r\n0\r\n" + field + b"\r\n", reading)
    for length, reading in LENGTHS.items():
        yield f"length {length!r}", Odd(OK + b"Content-Length:" + length + b"\r\n" + BODY, reading)
    for coding, reading in CODINGS.items():
        yield f"coding {coding!r}", Odd(OK + b"Transfer-Encoding:" + coding + b"\r\n\r\n" + CHUNKS, reading)
    for size, reading in SIZES.items():
        wire = OK + CHUNKED + b"\r\n" + size + b"\r\nhello\r\n0\r\n\r\n"
        yield f"chunk size {size[:60]!r}", Odd(wire, reading)
    for body, reading in CHUNKED_BODIES.items():
        yield f"chunks {body[:60]!r}", Odd(OK + CHUNKED + b"\r\n" + body, reading)
    for wire, reading in WHOLE.items():
        yield f"answer {wire[:80]!r}", Odd(wire, reading)
    for name, field, kept in (("length", LENGTH, True), ("coding", CHUNKED, True), ("none", b"", True)):
        yield f"HEAD, {name}", Odd(OK + field + b"\r\n", Good(b"", kept), "HEAD")
    yield "HEAD, with a body", Odd(_FINAL, Good(b"", keep=False), "HEAD")
    yield "HEAD, with a bad length", Odd(OK + b"Content-Length: x\r\n\r\n", REFUSED, "HEAD")
