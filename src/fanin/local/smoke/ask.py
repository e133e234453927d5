"""One request to a deployment, and what came back."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import orjson

from fanin.config.values import Json

_WITHIN = 35.0
"""Seconds that an answer may take: API Gateway gives up after 30."""
_MOST = 10_000_000
"""Bytes of an answer that are read; Lambda gives 6 MB."""


@dataclass(frozen=True)
class Question:
    """A request.

    Args:
        target: path and query, percent-encoded.
        method: its method.
        headers: its headers.
    """

    target: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """An answer.

    Args:
        status: its status.
        headers: names in lower case.
        content: its body.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Json:
        """The body, read as JSON."""
        body: Json = orjson.loads(self.content)
        return body


def ask(url: str, question: Question) -> Reply:
    """Ask a deployment.

    Args:
        url: where it is, without a slash at the end.
        question: what is asked; its target is put behind the URL.

    Raises:
        OSError: there is no answer.
        http.client.HTTPException: what came is no HTTP.
    """
    parts = urlsplit(url)
    assert parts.hostname
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = connect(parts.hostname, parts.port, timeout=_WITHIN)
    try:
        connection.request(question.method, parts.path + question.target, headers=dict(question.headers))
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, headers, response.read(_MOST))
    finally:
        connection.close()
