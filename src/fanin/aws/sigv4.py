"""Signature Version 4: headers, or a query, that prove who sends a request.

Pure functions of the request, the credentials and the time.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit

from fanin.aws.credentials import Credentials
from fanin.engine.call import Request

MAX_EXPIRES = 604_800
"""Seconds that a presigned link can be good for: a week."""

_ALGORITHM = "AWS4-HMAC-SHA256"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_UNSIGNED_BODY = "UNSIGNED-PAYLOAD"
_UNSIGNED_HEADERS = frozenset({"connection", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id"})
"""What proxies on the way may change."""


def sign(request: Request, *, credentials: Credentials, service: str, region: str, now: datetime) -> Request:
    """Sign a request with headers.

    Args:
        request: what is sent; all its headers but those that proxies change are signed, and so is its body.
        credentials: whose request it is.
        service: the service's name in signatures: `dynamodb`, `execute-api`.
        region: such as `eu-west-1`.
        now: the time, in UTC; AWS takes a signature for 5 minutes, or 15.

    Returns:
        the request with `X-Amz-Date`, `Authorization`, and where they are due `X-Amz-Security-Token` and
        `X-Amz-Content-SHA256`.
    """
    body_hash = hashlib.sha256(request.body or b"").hexdigest()
    added = [("X-Amz-Date", _stamp(now))]
    if credentials.token:
        added.append(("X-Amz-Security-Token", credentials.token))
    if service == "s3":
        added.append(("X-Amz-Content-SHA256", body_hash))
    parts = urlsplit(request.url)
    kept = _without((*(name for name, _ in added), "Authorization"), request.headers)
    headers = _canonical_headers([("host", _host(parts)), *kept, *added])
    path, query = _canonical_path(parts.path, service), _canonical_query(_pairs(parts.query))
    canonical = _canonical_request(request.method, path, query, headers, body_hash)
    signature = _signature(canonical, credentials, service, region, now)
    authorization = (
        f"{_ALGORITHM} Credential={credentials.access_key}/{_scope(service, region, now)}, "
        f"SignedHeaders={_names(headers)}, Signature={signature}"
    )
    return replace(request, headers=(*kept, *added, ("Authorization", authorization)))


def presigned(  # noqa: PLR0913 - each is a part of what is signed
    url: str, *, credentials: Credentials, service: str, region: str, now: datetime, expires: int
) -> str:
    """Make a link by which whoever has it may read (GET), without credentials, until it expires.

    Args:
        url: what the link leads to, its query included.
        credentials: whose rights it carries; it ends with theirs.
        service: `s3`, whose bodies are then not signed, or another.
        region: such as `eu-west-1`.
        now: the time, in UTC.
        expires: seconds that it is good for, at most `MAX_EXPIRES`.
    """
    if not 0 < expires <= MAX_EXPIRES:
        raise ValueError(f"a link is good for 1 to {MAX_EXPIRES} seconds, not {expires}")
    parts = urlsplit(url)
    headers = [("host", _host(parts))]
    added = [
        ("X-Amz-Algorithm", _ALGORITHM),
        ("X-Amz-Credential", f"{credentials.access_key}/{_scope(service, region, now)}"),
        ("X-Amz-Date", _stamp(now)),
        ("X-Amz-Expires", str(expires)),
        ("X-Amz-SignedHeaders", _names(headers)),
    ]
    if credentials.token:
        added.append(("X-Amz-Security-Token", credentials.token))
    query = _canonical_query([*_pairs(parts.query), *added])
    body_hash = _UNSIGNED_BODY if service == "s3" else hashlib.sha256(b"").hexdigest()
    canonical = _canonical_request("GET", _canonical_path(parts.path, service), query, headers, body_hash)
    signature = _signature(canonical, credentials, service, region, now)
    return f"{parts.scheme}://{parts.netloc}{parts.path or '/'}?{query}&X-Amz-Signature={signature}"


def _canonical_request(method: str, path: str, query: str, headers: list[tuple[str, str]], body_hash: str) -> str:
    lines = "".join(f"{name}:{value}\n" for name, value in headers)
    return "\n".join((method, path, query, lines, _names(headers), body_hash))


def _signature(canonical: str, credentials: Credentials, service: str, region: str, now: datetime) -> str:
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join((_ALGORITHM, _stamp(now), _scope(service, region, now), digest))
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (*_scope(service, region, now).split("/"), to_sign):
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()


def _stamp(now: datetime) -> str:
    return f"{now:%Y%m%dT%H%M%SZ}"


def _scope(service: str, region: str, now: datetime) -> str:
    return f"{now:%Y%m%d}/{region}/{service}/aws4_request"


def _host(parts: SplitResult) -> str:
    """Give the host as clients send it: in lower case, without the scheme's own port."""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return host if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{parts.port}"


def _canonical_path(path: str, service: str) -> str:
    """Write a path for signing: S3's encoded once, all others' normalized, and what is on the wire encoded again."""
    if service == "s3":
        return quote(path, safe="/-_.~%") or "/"
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    end = "/" if kept and path.endswith("/") else ""
    return quote("/" + "/".join(kept) + end, safe="/-_.~")


def _pairs(query: str) -> list[tuple[bytes, bytes]]:
    """Read a query; a plus in it is a plus."""
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return [(unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in pairs]


def _canonical_query(pairs: Iterable[tuple[str | bytes, str | bytes]]) -> str:
    encoded = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _canonical_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Give the headers to sign: names in lower case and in order, runs of white space as one blank."""
    joined: dict[str, list[str]] = {}
    for name, value in headers:
        if name.lower() not in _UNSIGNED_HEADERS:
            joined.setdefault(name.lower(), []).append(" ".join(value.split()))
    return [(name, ",".join(joined[name])) for name in sorted(joined)]


def _names(headers: Iterable[tuple[str, str]]) -> str:
    return ";".join(name for name, _ in headers)


def _without(names: Iterable[str], headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    unwanted = {name.lower() for name in names}
    return [(name, value) for name, value in headers if name.lower() not in unwanted]
