"""Both clients against an AWS of somebody else's, in this process."""

import asyncio
import os
from collections.abc import Iterable, Iterator, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from moto.server import ThreadedMotoServer

from fanin.aws.client import Aws
from fanin.aws.client_blocking import BlockingAws
from fanin.engine.call import Response
from tests.roots import tls_context

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

LOCATED = b"<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"
"""What a bucket outside us-east-1 is made with."""


class Client(Protocol):
    """Either client, called from a test."""

    def call(self, service: str, operation: str, payload: Mapping[str, Any], **options: Any) -> Any: ...

    def request(self, service: str, method: str, path: str, **options: Any) -> Response: ...


class Waiting:
    """The asynchronous client on a loop of its own, each call waited for."""

    def __init__(self, client: Aws, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def call(self, service: str, operation: str, payload: Mapping[str, Any], **options: Any) -> Any:
        return self._runner.run(self._client.call(service, operation, payload, **{"timeout": 60, **options}))

    def request(self, service: str, method: str, path: str, **options: Any) -> Response:
        return self._runner.run(self._client.request(service, method, path, **{"timeout": 60, **options}))


class Blocking:
    """The blocking client."""

    def __init__(self, client: BlockingAws) -> None:
        self._client = client

    def call(self, service: str, operation: str, payload: Mapping[str, Any], **options: Any) -> Any:
        return self._client.call(service, operation, payload, **{"timeout": 60, **options})

    def request(self, service: str, method: str, path: str, **options: Any) -> Response:
        return self._client.request(service, method, path, **{"timeout": 60, **options})


def _one_at_a_time(application: "WSGIApplication") -> "WSGIApplication":
    """Make each request whole before the next, as AWS does: moto checks a condition first, and writes then."""
    turn = Lock()

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        with turn:
            return list(application(environ, start_response))

    return answer


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """Run moto's server, and give its URL."""
    before = dict(os.environ)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    assert server._server is not None
    server._server.app = _one_at_a_time(server._server.app)
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture
def environment(moto: str) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
        "AWS_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": moto,
    }


@pytest.fixture(params=["async", "blocking"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def client(kind: str, environment: dict[str, str]) -> Iterator[Client]:
    """Give each client in turn; both read `environment` at each call."""
    if kind == "blocking":
        blocking = BlockingAws(environment, tls_context())
        yield Blocking(blocking)
        blocking.close()
        return
    with asyncio.Runner() as runner:
        aws = Aws(environment, tls_context())
        yield Waiting(aws, runner)
        runner.run(aws.aclose())
