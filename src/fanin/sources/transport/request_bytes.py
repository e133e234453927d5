"""A request as the bytes that HTTP/1.1 puts on the wire (RFC 9112)."""

import re

import httpx

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_TARGET = re.compile(rb"[\x21-\x7e]+")
_FIELD_VALUE = re.compile(rb"[^\x00-\x08\x0a-\x1f\x7f]*")


def request_bytes(request: httpx.Request, body: bytes) -> bytes:
    """Return head and body of `request` in one piece; `body` always goes with a `Content-Length`.

    Raises:
        httpx.LocalProtocolError: a method, target or header could end its line early and smuggle in another.
    """
    method, target = request.method.encode("ascii"), request.url.raw_path
    if not _TOKEN.fullmatch(method) or not _TARGET.fullmatch(target):
        raise httpx.LocalProtocolError("method or target has a forbidden character", request=request)
    lines = [b"%b %b HTTP/1.1\r\n" % (method, target)]
    for name, value in request.headers.raw:
        if not _TOKEN.fullmatch(name) or not _FIELD_VALUE.fullmatch(value):
            raise httpx.LocalProtocolError(f"header {name!r} has a forbidden character", request=request)
        if name.lower() != b"transfer-encoding":
            lines.append(b"%b: %b\r\n" % (name, value))
    if body and "content-length" not in request.headers:
        lines.append(b"Content-Length: %d\r\n" % len(body))
    lines += [b"\r\n", body]
    return b"".join(lines)
