"""Streams under Uvicorn, read by somebody else's clients as docs/streams.md says."""

import contextlib
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator

import httpx
import pytest
from httpx_sse import connect_sse

from fanin.engine.call import Fetch, Runtime
from fanin.engine.catalogue import Catalogue
from fanin.entrypoints.fastapi.app import gateway_app
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared
from tests.streams.asking import EVENTS, LINES
from tests.unit.scenario import config_of
from tests.websocket.scenes import TRIP
from tests.websocket.server import serving
from tests.websocket.test_uvicorn import Upstream

_WITHIN = 10.0
"""Seconds that anything may take."""


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def url(upstream: Upstream) -> Iterator[str]:
    config = config_of(TRIP)
    fetches: dict[str, Fetch] = dict.fromkeys(config.sources, upstream.fetch)
    app = gateway_app(Catalogue(config), pipelines_of(config.sources, fetches, Shared(Runtime())))
    with serving(app) as at:
        yield f"http://{at}/trip/Lisbon"


def test_first_record_is_there_while_another_source_has_not_answered(url: str, upstream: Upstream) -> None:
    upstream.held = {"rates"}
    with httpx.stream("GET", url, headers={"Accept": LINES}, timeout=_WITHIN) as response:
        lines = response.iter_lines()
        first = json.loads(next(lines))
        assert (first["type"], first["source"]) == ("source", "geo")
        assert "rates" not in upstream.answered
        upstream.release.set()
        rest = [json.loads(line) for line in lines]
    assert {record["source"] for record in rest[:-1]} == {"weather", "rates"}
    assert (rest[-1]["type"], rest[-1]["status"], rest[-1]["complete"]) == ("complete", 200, True)


def test_library_for_events_reads_them(url: str) -> None:
    with httpx.Client(timeout=_WITHIN) as client, connect_sse(client, "GET", url) as source:
        events = list(source.iter_sse())
    assert [event.event for event in events] == ["source", "source", "source", "complete"]
    assert {event.json()["source"] for event in events[:-1]} == {"geo", "weather", "rates"}
    assert [event.id for event in events] == ["", "", "", "fanin-complete"]
    again = httpx.get(url, headers={"Accept": EVENTS, "Last-Event-ID": events[-1].id})
    assert (again.status_code, again.content) == (204, b"")


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
def test_curl_shows_each_record_as_it_comes(url: str, upstream: Upstream) -> None:
    upstream.held = {"rates"}
    curl = ["curl", "--silent", "--no-buffer", "--max-time", f"{_WITHIN:.0f}", "-H", f"Accept: {LINES}", url]
    with subprocess.Popen(curl, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert json.loads(process.stdout.readline())["source"] == "geo"
        upstream.release.set()
        assert json.loads(process.stdout.read().splitlines()[-1])["type"] == "complete"
    assert process.returncode == 0


def test_client_that_goes_ends_the_calls_that_are_out(url: str, upstream: Upstream) -> None:
    upstream.held = {"rates"}
    with httpx.stream("GET", url, headers={"Accept": LINES}, timeout=_WITHIN) as response:
        next(response.iter_lines())
    assert upstream.cancelled.wait(_WITHIN)


LARGE = b'{"lat": 1, "cc": "PT", "a": "' + b"a" * 1_500_000 + b'"}'
"""More than what lies between a server and a client that takes nothing."""


def test_clients_that_take_nothing_delay_no_other(url: str, upstream: Upstream) -> None:
    upstream.body = LARGE
    host, port = url.removeprefix("http://").split("/")[0].split(":")
    request = f"GET /trip/Lisbon HTTP/1.1\r\nHost: {host}\r\nAccept: {LINES}\r\nConnection: close\r\n\r\n".encode()
    with contextlib.ExitStack() as idle:
        for _ in range(5):
            each = idle.enter_context(socket.socket())
            each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            each.settimeout(_WITHIN)
            each.connect((host, int(port)))
            each.sendall(request)
            assert each.recv(12) == b"HTTP/1.1 200"
        with httpx.stream("GET", url, headers={"Accept": LINES}, timeout=_WITHIN) as response:
            records = [json.loads(line) for line in response.iter_lines()]
    assert [record["type"] for record in records] == ["source"] * 3 + ["complete"]


def test_two_hundred_streams_of_which_a_third_goes(url: str, upstream: Upstream) -> None:
    upstream.held = {"rates"}
    host, port = url.removeprefix("http://").split("/")[0].split(":")
    sockets = [socket.create_connection((host, int(port)), timeout=_WITHIN) for _ in range(200)]
    request = f"GET /trip/Lisbon HTTP/1.1\r\nHost: {host}\r\nAccept: {LINES}\r\nConnection: close\r\n\r\n".encode()
    for each in sockets:
        each.sendall(request)
    for each in sockets[:67]:
        assert b"200 OK" in each.recv(100)
        each.close()
    upstream.release.set()
    for each in sockets[67:]:
        with each, each.makefile("rb") as answer:
            assert b'"type":"complete","status":200,"complete":true,' in answer.read()
