"""A request as the bytes that HTTP/1.1 puts on the wire (RFC 9112): where they go, and with which headers."""

import re
from collections.abc import Iterable
from ssl import SSLContext
from typing import NamedTuple

from fanin import __version__
from fanin.engine.call import Request
from fanin.sources.http.body import ACCEPT_ENCODING
from fanin.sources.http.failures import BadRequest

type Origin = tuple[str, str, int]
"""Scheme, host and port."""


class Way(NamedTuple):
    """What connections are kept for: those that are secured in different ways are never shared.

    Args:
        origin: where they lead.
        tls: what secures them, if the scheme is https.
    """

    origin: Origin
    tls: SSLContext


PORTS = {"http": 80, "https": 443}
"""The port of each scheme, where a URL names none."""

_WITH_CONTENT = frozenset((b"POST", b"PUT", b"PATCH"))
"""Methods whose requests say that they have no content (RFC 9110, section 8.6)."""
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++")
_TARGET = re.compile(rb"[\x21-\x7e]++")
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*+")
_URL = re.compile(
    r"(https?)://([a-z0-9._-]{1,255}+|\[[0-9a-f:.]{2,45}\])(?::([0-9]{1,5}))?+(?=[/?#]|\Z)"
    r"([\x20-\x22\x24-\x3e\x40-\x7e]*+)(\?[\x20-\x22\x24-\x7e]*+)?+(?:#.*+)?+",
    re.IGNORECASE,
)
"""Scheme, host, port, path and query; whatever else a URL may have, such as user info, is refused."""
_NUMBERS = re.compile(r"(?:(?:0x[0-9a-f]*+|[0-9]++)(?:\.|\Z))++")
_OCTAL = re.compile(r"(?:\A|\.)0[0-9]")
_NOT_IN_TARGET = re.compile(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]")
"""What has to be percent-encoded in a path or a query (RFC 3986, section 3.3)."""
_LAST_PORT = 65_535
_DEFAULTS = (
    ("Accept", "application/json"),
    ("Accept-Encoding", ACCEPT_ENCODING),
    ("User-Agent", f"fanin/{__version__}"),
)
"""The headers that both clients send, where a source has none of the name."""


class Target(NamedTuple):
    """Where a request goes.

    Args:
        origin: scheme, host and port; an IPv6 address without brackets.
        authority: host and port, as the Host header has them: without a port that the scheme implies.
        path: path and query, as the request line has them.
    """

    origin: Origin
    authority: str
    path: bytes


def target_of(url: str) -> Target:
    """Take a URL apart, the same for every client.

    Path and query go as they are written; what RFC 3986 has no place for is percent-encoded.

    Raises:
        BadRequest: not an http or https URL with a host, or the host is a number that some read as octal, or one with
            a dot behind it.
    """
    found = _URL.fullmatch(url)
    if found is None:
        raise BadRequest("not an http or https URL of a host")
    scheme, host, port = found[1].lower(), found[2].lower(), found[3]
    if _NUMBERS.fullmatch(host) and (host.endswith(".") or _OCTAL.search(host)):
        raise BadRequest("a host that is read in more than one way")
    by_default = PORTS[scheme]
    number = by_default if port is None else int(port)
    if number > _LAST_PORT:
        raise BadRequest("no port")
    authority = host if number == by_default else f"{host}:{number}"
    path = _NOT_IN_TARGET.sub(_encoded, (found[4] or "/") + (found[5] or ""))
    return Target((scheme, host.strip("[]"), number), authority, path.encode("ascii"))


def _encoded(found: re.Match[str]) -> str:
    return f"%{ord(found[0]):02X}"


def request_bytes(method: bytes, target: bytes, fields: Iterable[tuple[bytes, bytes]], body: bytes) -> bytes:
    """Write a request, head and body in one piece; what has a body goes with a Content-Length.

    Args:
        method: the method.
        target: path and query.
        fields: the header fields, Host among them. A transfer coding is left out.
        body: what is sent.

    Raises:
        BadRequest: a method, target or field could end its line early and smuggle in another.
    """
    if not _TOKEN.fullmatch(method) or not _TARGET.fullmatch(target):
        raise BadRequest("method or target has a forbidden character")
    lines = [b"%b %b HTTP/1.1\r\n" % (method, target)]
    measured = False
    for name, value in fields:
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            raise BadRequest(f"header {name!r} has a forbidden character")
        lowered = name.lower()
        measured = measured or lowered == b"content-length"
        if lowered != b"transfer-encoding":
            lines.append(b"%b: %b\r\n" % (name, value))
    if not measured and (body or method in _WITH_CONTENT):
        lines.append(b"Content-Length: %d\r\n" % len(body))
    lines += [b"\r\n", body]
    return b"".join(lines)


def wire_headers(request: Request) -> list[tuple[str, str]]:
    """Give a request's headers: the source's own, and fanin's where the source has none of the name.

    No name is there twice, in whatever case: of two, the last one goes.
    """
    defaults = (*_DEFAULTS, ("Content-Type", "application/json")) if request.body is not None else _DEFAULTS
    own = {header[0].lower(): header for header in (*request.headers, *request.validators)}
    return [*(header for header in defaults if header[0].lower() not in own), *own.values()]


class Message(NamedTuple):
    """A request, written.

    Args:
        origin: where it goes.
        fields: the header fields, Host among them.
        written: head and body.
    """

    origin: Origin
    fields: list[tuple[bytes, bytes]]
    written: bytes


def message_of(request: Request) -> Message:
    """Write a request, as the client on the loop sends it.

    Raises:
        BadRequest: as `target_of` and `request_bytes`.
        UnicodeError: a header has other characters than ASCII's.
    """
    target = target_of(request.url)
    headers = [("Host", target.authority), *wire_headers(request)]
    fields = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers]
    written = request_bytes(request.method.encode("ascii"), target.path, fields, request.body or b"")
    return Message(target.origin, fields, written)
