"""A deployment is measured by the models that it has, and by nothing that failed."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from benchmarks.contrast.figures import figures
from benchmarks.contrast.page import parts
from benchmarks.contrast.run import outside
from fanin.local.process.console import Problem
from tests.benchmarks.planted import raw


class Models(BaseHTTPRequestHandler):
    """Has two of the models; the second answers in full every other time."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or a body waits 40 ms for the acknowledgement of its head
    asked = 0
    order: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        sync = self.path == "/stage/sync/trip/Lisbon"
        Models.order.append("sync" if sync else "async")
        Models.asked += sync
        self.send_response(200 if sync or self.path == "/stage/trip/Lisbon" else 404)
        self.send_header("Fanin-Complete", "?0" if sync and Models.asked % 2 else "?1")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    Models.order.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Models) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/stage"
        server.shutdown()


def test_the_models_that_answer_are_asked_in_turn(url: str) -> None:
    measured = outside(url, "/trip/Lisbon", 4)["deployment"]
    assert [row["model"] for row in measured["requests"]] == ["async"] * 4 + ["sync"] * 4
    assert Models.order[6:] == ["async", "sync", "sync", "async"] * 2  # behind one request to each of six
    told = parts(raw() | {"deployment": measured}, figures(raw()))["outside"]
    assert [line.split(" | ")[-1] for line in told.splitlines()[-2:]] == ["0% |", "50% |"]


def test_a_deployment_without_the_endpoint_is_a_problem(url: str) -> None:
    with pytest.raises(Problem, match="answered by no execution model"):
        outside(url, "/nothing", 1)


@pytest.mark.parametrize("given", ["ftp://a.example", "a.example", "https://"])
def test_what_is_no_url_is_a_problem(given: str) -> None:
    with pytest.raises(Problem, match="cannot be reached"):
        outside(given, "/", 1)


def test_a_deployment_that_is_not_there_is_a_problem() -> None:
    with pytest.raises(Problem, match="cannot be reached"):
        outside("http://127.0.0.1:9", "/", 1)
