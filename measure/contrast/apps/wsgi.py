"""The sync function under a WSGI server: PEP 3333 in, the function's own handler, PEP 3333 out."""

import base64
import os
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from dev.layout import ROOT
from fanin.compose import sync
from fanin.testing.event import Context, event_of

handler = sync(ROOT, os.environ)


def app(environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
    """Answer one request with what the function's handler gives."""
    target = environ["PATH_INFO"] + ("?" + environ["QUERY_STRING"] if environ["QUERY_STRING"] else "")
    answer = handler(event_of(environ["REQUEST_METHOD"], target, {}, {}, b""), Context())
    body = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
    status = HTTPStatus(answer["statusCode"])
    start_response(f"{status.value} {status.phrase}", [*answer["headers"].items(), ("Content-Length", str(len(body)))])
    return [body]
