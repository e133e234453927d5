"""The server answers for listed hosts only, in every part of it."""

import http.client
import socket
import urllib.parse

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

PATHS = (
    "/health",
    "/trip/Lisbon",
    "/threads/trip/Lisbon",
    "/docs",
    "/django/trip/Lisbon",
    "/admin/login/",
    "/django/async/trip/Lisbon",
    "/static/admin/css/base.css",
    "/openapi.json",
    "/nowhere",
)


def ask(url: str, path: str, *hosts: str) -> http.client.HTTPResponse:
    """Ask with as many Host headers as are given."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=30)
    connection.putrequest("GET", path, skip_host=True)
    for host in hosts:
        connection.putheader("Host", host)
    connection.endheaders()
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


def _connected(there: urllib.parse.SplitResult) -> socket.socket:
    return socket.create_connection((there.hostname or "", there.port or 0), timeout=30)


@pytest.mark.parametrize("path", PATHS)
def test_no_part_answers_for_another_host(url: str, path: str) -> None:
    """A name that leads to loopback is no listed one; its problem has the request's id."""
    port = urllib.parse.urlsplit(url).port
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "127.0.0.1@evil.example", ""):
        response = ask(url, path, host)
        assert response.status == 400, host
        assert response.headers["x-request-id"]
    assert ask(url, path, "localhost", "evil.example").status == 400


def test_loopbacks_names_are_answered(url: str) -> None:
    """With the port and without."""
    for host in ("127.0.0.1", "localhost:1", "LOCALHOST", "[::1]:3000"):
        assert [ask(url, path, host).status for path in ("/health", "/admin/login/")] == [200, 200]


def test_no_websocket_is_opened_for_another_host(url: str) -> None:
    """Its handshake is what a page elsewhere sends, too."""
    there = urllib.parse.urlsplit(url)
    with (
        pytest.raises(InvalidStatus, match="403"),
        connect(f"ws://evil.example:{there.port}/live", sock=_connected(there), proxy=None),
    ):
        pass
    with connect(f"ws://127.0.0.1:{there.port}/live", sock=_connected(there), proxy=None) as websocket:
        assert websocket.response
        assert websocket.response.status_code == 101


def test_the_environment_adds_hosts(open_url: str) -> None:
    """To the list of both parts."""
    for path in ("/health", "/admin/login/"):
        assert [ask(open_url, path, host).status for host in ("fanin.example", "a.corp.example:1")] == [200, 200]
        assert ask(open_url, path, "b.fanin.example").status == 400
