"""The functions over somebody else's AWS, behind a proxy that counts what they ask of it."""

import http.client
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from urllib.parse import urlsplit

import pytest

from tests.aws.conftest import environment, moto

__all__ = ["environment", "moto"]


class Counting(ThreadingHTTPServer):
    """Hands requests on to AWS, and counts them by their operation.

    Args:
        aws: where AWS is.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, aws: str) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.aws = urlsplit(aws)
        self._lock = Lock()
        self._counted: Counter[str] = Counter()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"

    def count(self, operation: str) -> None:
        """Count a call."""
        with self._lock:
            self._counted[operation] += 1

    def taken(self) -> Counter[str]:
        """Give what was counted since the last time."""
        with self._lock:
            counted, self._counted = self._counted, Counter()
        return counted


class _Passing(BaseHTTPRequestHandler):
    server: Counting
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or a body waits 40 ms for the acknowledgement of its head

    def do_POST(self) -> None:
        target = self.headers.get("X-Amz-Target", "")
        self.server.count(target.rpartition(".")[2] or f"{self.command} {self.path.split('/')[1]}")
        if self.path.startswith("/@connections/"):
            self._answer(200, b"", {})
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        assert self.server.aws.hostname
        connection = http.client.HTTPConnection(self.server.aws.hostname, self.server.aws.port or 80, timeout=30)
        try:
            connection.request(self.command, self.path, body, dict(self.headers.items()))
            response = connection.getresponse()
            self._answer(response.status, response.read(), dict(response.getheaders()))
        finally:
            connection.close()

    do_PUT = do_GET = do_DELETE = do_POST  # noqa: N815 - as the server calls it

    def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        if self.path.startswith("/@connections/"):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def counted_in_front_of(aws: str) -> Iterator[Counting]:
    """Give a proxy in front of an AWS, which counts what is asked of it."""
    with Counting(aws) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def counting(moto: str) -> Iterator[Counting]:
    with counted_in_front_of(moto) as proxy:
        yield proxy
