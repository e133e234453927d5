"""Credentials of environments with SnapStart, which come from an endpoint on loopback."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from fanin.aws.container import Container
from fanin.aws.credentials import URI, Credentials
from fanin.aws.errors import AwsUnavailable

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
GIVEN = {"AccessKeyId": "ASIA1", "SecretAccessKey": "secret", "Token": "token"}


class Endpoint(HTTPServer):
    status = 200
    body = b""
    tokens: list[str | None]

    @property
    def environment(self) -> dict[str, str]:
        uri = f"http://127.0.0.1:{self.server_port}/2021-04-23/credentials"
        return {URI: uri, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "who"}

    def gives(self, key: str, seconds: float) -> None:
        until = (NOW + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.body = json.dumps({**GIVEN, "AccessKeyId": key, "Expiration": until}).encode()


class Answering(BaseHTTPRequestHandler):
    server: Endpoint

    def do_GET(self) -> None:
        self.server.tokens.append(self.headers["Authorization"])
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint(("127.0.0.1", 0), Answering) as server:
        server.tokens = []
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_they_are_asked_for_once_and_anew_before_their_end(endpoint: Endpoint) -> None:
    now = NOW
    container = Container(lambda: now)
    endpoint.gives("ASIA1", 3600)
    assert container.credentials(endpoint.environment) == Credentials("ASIA1", "secret", "token")
    endpoint.gives("ASIA2", 7200)
    now = NOW + timedelta(seconds=3299)
    assert container.credentials(endpoint.environment).access_key == "ASIA1"
    now = NOW + timedelta(seconds=3300)
    assert container.credentials(endpoint.environment).access_key == "ASIA2"
    container.forget()
    endpoint.gives("ASIA3", 7200)
    assert container.credentials(endpoint.environment).access_key == "ASIA3"
    assert endpoint.tokens == ["who"] * 3


def test_variables_go_before_them(endpoint: Endpoint) -> None:
    endpoint.body = json.dumps({**GIVEN, "Expiration": "2099-01-01T00:00:00Z"}).encode()
    own = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "own"}
    assert Credentials.of({**endpoint.environment, **own}) == Credentials("AKID", "own")
    assert Credentials.of(endpoint.environment) == Credentials("ASIA1", "secret", "token")


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b'{"AccessKeyId": "a"}', b"\xff"])
def test_what_are_none_are_none(endpoint: Endpoint, body: bytes) -> None:
    endpoint.body = body
    with pytest.raises(AwsUnavailable, match="not with credentials"):
        Container().credentials(endpoint.environment)


def test_a_refusal_says_its_status(endpoint: Endpoint) -> None:
    endpoint.status, endpoint.body = 404, b"{}"
    with pytest.raises(AwsUnavailable, match="404"):
        Container().credentials(endpoint.environment)


@pytest.mark.parametrize(
    "uri", ["http://169.254.170.2/a", "https://127.0.0.1/a", "http://example.com/a", "", "http:///a"]
)
def test_only_an_endpoint_on_loopback_is_asked(uri: str) -> None:
    with pytest.raises(AwsUnavailable, match="names no endpoint on loopback"):
        Container().credentials({URI: uri})


def test_what_is_no_url_is_not_asked() -> None:
    with pytest.raises(AwsUnavailable):
        Container().credentials({URI: "http://[/a"})


def test_an_endpoint_may_be_named_as_localhost(endpoint: Endpoint) -> None:
    """AWS's own SDKs take the name as they take the address."""
    endpoint.gives("ASIA1", 3600)
    named = {**endpoint.environment, URI: endpoint.environment[URI].replace("127.0.0.1", "localhost")}
    assert Container(lambda: NOW).credentials(named).access_key == "ASIA1"


def test_an_endpoint_that_is_not_there_is_said() -> None:
    with pytest.raises(AwsUnavailable, match="does not answer"):
        Container().credentials({URI: "http://127.0.0.1:1/a"})
