"""How a case asks: a function in this process, or a URL."""

import http.client
import json
import re
import time
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from fanin.entrypoints.aws_lambda.handler import Handler


@dataclass(frozen=True)
class Reply:
    """What came back.

    Args:
        status: the HTTP status.
        headers: names in lower case.
        content: the body.
        seconds: from asking to having it whole.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    seconds: float

    @property
    def body(self) -> Any:
        """The body as JSON."""
        return json.loads(self.content)

    @property
    def sources(self) -> dict[str, str]:
        """What `Fanin-Sources` says of each source, without its parameters."""
        members = (member.partition("=") for member in self.headers["fanin-sources"].split(", "))
        return {name: state.partition(";")[0] for name, _, state in members}

    @property
    def timed(self) -> set[str]:
        """The sources that `Server-Timing` names."""
        return {member.partition(";")[0] for member in self.headers["server-timing"].split(", ")}

    @property
    def durations(self) -> list[float]:
        """The seconds that `Server-Timing` gives of each source."""
        return [
            float(milliseconds) / 1000 for milliseconds in re.findall("dur=([0-9.]+)", self.headers["server-timing"])
        ]


@dataclass(frozen=True)
class Question:
    """What a case asks for.

    Args:
        path: percent-encoded, without the model's prefix.
        query: percent-encoded.
        method: the HTTP method.
        headers: headers to send.
        body: a body to send.
        context: what API Gateway says of the request beside, in its event; a server says nothing of it.
        address: where an event says that it comes from.
    """

    path: str
    query: str = ""
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    context: Mapping[str, Any] = field(default_factory=dict)
    address: str = "127.0.0.1"

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path


type Ask = Callable[[Question], Reply]


class Context:
    """Lambda's context, with 30 s left."""

    aws_request_id = "00000000-0000-4000-8000-000000000000"

    def __init__(self, seconds: float = 30.0) -> None:
        self._ends = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        """Give what is left."""
        return max(0, int((self._ends - time.monotonic()) * 1000))


def in_process(handler: Handler, prefix: str) -> Ask:
    """Ask a handler with events of payload 2.0."""

    def ask(question: Question) -> Reply:
        began = time.monotonic()
        response = handler(_event(question, prefix), Context())
        headers = {name.lower(): value for name, value in response["headers"].items()}
        content = response["body"].encode()
        content = b64decode(content) if response["isBase64Encoded"] else content
        return Reply(response["statusCode"], headers, content, time.monotonic() - began)

    return ask


def over_http(base_url: str, prefix: str) -> Ask:
    """Ask a server; the path goes over the wire as it is written."""
    parts = urlsplit(base_url)
    connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection

    def ask(question: Question) -> Reply:
        began = time.monotonic()
        connection = connect(parts.hostname or "", parts.port, timeout=60)
        try:
            target = parts.path.rstrip("/") + prefix + question.target
            connection.request(question.method, target, question.body or None, dict(question.headers))
            response = connection.getresponse()
            content = response.read()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, headers, content, time.monotonic() - began)
        finally:
            connection.close()

    return ask


def _event(question: Question, prefix: str) -> dict[str, Any]:
    path = quote(prefix + question.path, safe="/%")
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": question.query,
        "headers": {"accept": "*/*", **question.headers},
        "requestContext": {
            "http": {"method": question.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": question.address},
            "requestId": "JKJaXmPLvHcESHA=",
            "stage": "$default",
            **question.context,
        },
        "body": question.body.decode(),
        "isBase64Encoded": False,
    }
