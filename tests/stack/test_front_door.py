"""The front door hands on what it is given, byte for byte, in both directions."""

import contextlib
import http.client
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from fanin.local.process import ports
from fanin.local.process.console import Problem
from fanin.local.stack import front_door

ANSWER = (
    b"HTTP/1.1 207 Multi-Status\r\nX-Twice: a\r\nX-Twice: b\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
    b"Content-Encoding: gzip\r\nContent-Type: a/b\r\nContent-Length: 4\r\nConnection: close\r\n\r\n\x1f\x8b\x00\xff"
)


class Echo:
    """A server that notes the bytes of one request and gives one answer."""

    def __init__(self) -> None:
        self.socket = ports.take(0)
        self.socket.listen()
        self.received = b""
        self._thread = threading.Thread(target=self._answer, daemon=True)
        self._thread.start()

    def _answer(self) -> None:
        connection, _ = self.socket.accept()
        with connection:
            while b"\r\n\r\n" not in self.received or not self.received.endswith(b"end"):
                self.received += connection.recv(65536)
            connection.sendall(ANSWER)

    def close(self) -> None:
        self._thread.join(10)
        self.socket.close()


@pytest.fixture
def exchange() -> tuple[bytes, bytes]:
    """What stands behind the door received, and what the client got back."""
    request = (
        b"POST /trip/a%2Fb%20c+%C3%A9;v=1?x=1&x=2&y=%20+&z HTTP/1.1\r\n"
        b"Host: example.org\r\nX-Twice: 1\r\nX-Twice: 2\r\nAccept-Encoding: br\r\n"
        b"Connection: close, x-private\r\nX-Private: no\r\nContent-Length: 4\r\n\r\n\x00end"
    )
    echo, at = Echo(), ports.take(0)
    with (
        front_door.serve(
            at, front_door.Targets(f"http://127.0.0.1:{echo.socket.getsockname()[1]}/behind", answered=("example.org",))
        ),
        socket.create_connection(at.getsockname(), timeout=10) as client,
    ):
        client.sendall(request)
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    echo.close()
    return echo.received, answer


@pytest.mark.parametrize(("headers", "told"), [({}, ["207"]), (front_door.WARM_UP, [])])
def test_a_line_tells_of_each_request_but_those_that_start_functions(headers: dict[str, str], told: list[str]) -> None:
    """`make run` begins with one for /sync/health, which no function has, and nobody has to wonder about."""
    echo, at, lines = Echo(), ports.take(0), list[str]()
    with front_door.serve(at, front_door.Targets(f"http://127.0.0.1:{echo.socket.getsockname()[1]}", say=lines.append)):
        client = http.client.HTTPConnection("127.0.0.1", at.getsockname()[1], timeout=10)
        client.request("POST", "/sync/health", b"end", headers)
        client.getresponse().read()
        client.close()
    echo.close()
    assert [line.split()[0] for line in lines] == told


def test_a_client_that_sends_no_http_is_told_so_and_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    """No traceback stands among the lines of `make run`."""
    at = ports.take(0)
    with (
        front_door.serve(at, front_door.Targets("http://127.0.0.1:1")),
        socket.create_connection(at.getsockname(), timeout=10) as client,
    ):
        client.sendall(b"GET /a b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert client.recv(65536).split()[1] == b"400"
    assert caplog.records == []


def test_a_line_tells_of_a_request_whose_client_left_with_what_it_wanted() -> None:
    lines, told = list[str](), threading.Event()

    def say(line: str) -> None:
        lines.append(line)
        told.set()

    with ports.take(0) as behind:
        behind.listen()
        at = ports.take(0)
        with (
            front_door.serve(at, front_door.Targets(f"http://127.0.0.1:{behind.getsockname()[1]}", say=say)),
            socket.create_connection(at.getsockname(), timeout=10) as client,
        ):
            client.sendall(b"GET /feed HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            server, _ = behind.accept()
            with server:
                server.recv(65536)
                server.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst")
                received = b""
                while not received.endswith(b"first"):
                    received += client.recv(65536)
                client.close()
                assert told.wait(10)
    assert [line.split()[:3] for line in lines] == [["200", "GET", "/feed"]]


def test_path_and_query_are_not_written_anew(exchange: tuple[bytes, bytes]) -> None:
    assert exchange[0].startswith(b"POST /behind/trip/a%2Fb%20c+%C3%A9;v=1?x=1&x=2&y=%20+&z HTTP/1.1\r\n")


def test_headers_are_handed_on_but_those_of_the_connection(exchange: tuple[bytes, bytes]) -> None:
    head = exchange[0].lower()
    for line in (b"host: example.org", b"x-twice: 1\r\nx-twice: 2", b"accept-encoding: br", b"content-length: 4"):
        assert line in head
    for absent in (b"user-agent", b"content-type", b"x-private", b"transfer-encoding"):
        assert absent not in head


def test_a_body_is_handed_on(exchange: tuple[bytes, bytes]) -> None:
    assert exchange[0].endswith(b"\r\n\r\n\x00end")


def test_an_answer_is_handed_back_as_it_is(exchange: tuple[bytes, bytes]) -> None:
    head, _, body = exchange[1].partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 207 Multi-Status\r\n")
    for line in (b"X-Twice: a\r\nX-Twice: b", b"Set-Cookie: a=1\r\nSet-Cookie: b=2", b"Content-Encoding: gzip"):
        assert line in head
    assert body == b"\x1f\x8b\x00\xff"


@pytest.fixture
def stream() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client of a stream below /stream that has its first piece, and what stands behind the door."""
    with ports.take(0) as behind:
        behind.listen()
        url, at = f"http://127.0.0.1:{behind.getsockname()[1]}", ports.take(0)
        with (
            front_door.serve(at, front_door.Targets("http://127.0.0.1:9", streams=url)),
            socket.create_connection(at.getsockname(), timeout=10) as client,
        ):
            client.sendall(b"GET /stream/a%2Fb?c HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            server, _ = behind.accept()
            with server:
                assert server.recv(65536).startswith(b"GET /a%2Fb?c HTTP/1.1\r\n")
                server.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
                received = b""
                while b"first" not in received:
                    received += client.recv(65536)
                yield client, server


def test_what_is_below_stream_is_handed_on_piece_by_piece(stream: tuple[socket.socket, socket.socket]) -> None:
    client, server = stream
    server.sendall(b"4\r\nlast\r\n0\r\n\r\n")
    received = b""
    while not received.endswith(b"0\r\n\r\n"):
        received += client.recv(65536)
    assert b"4\r\nlast" in received


def test_a_stream_that_breaks_behind_the_door_has_no_end_before_it(stream: tuple[socket.socket, socket.socket]) -> None:
    client, server = stream
    server.close()
    assert b"".join(iter(lambda: client.recv(65536), b"")) == b""


@pytest.mark.parametrize("head", ["Host: evil.example", "Host: 127.0.0.1.evil.example:80", "Host: "])
def test_another_host_reaches_nothing_behind_the_door(head: str) -> None:
    at = ports.take(0)
    with (
        front_door.serve(at, front_door.Targets("http://127.0.0.1:9", "ws://127.0.0.1:9", "http://127.0.0.1:9")),
        contextlib.closing(http.client.HTTPConnection("127.0.0.1", at.getsockname()[1], timeout=10)) as client,
    ):
        for path, more in (("/console/configuration", {}), ("/stream/a", {}), ("/live", {"Upgrade": "websocket"})):
            client.putrequest("GET", path, skip_host=True)
            for name, _, value in (line.partition(": ") for line in head.splitlines()):
                client.putheader(name, value)
            for name, value in more.items():
                client.putheader(name, value)
            client.endheaders()
            with client.getresponse() as answer:
                problem = json.load(answer)
            assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
            assert problem["type"].endswith("/unknown-host")
            assert problem["request_id"] == answer.headers["x-request-id"]


def test_a_server_that_is_gone_is_a_bad_gateway() -> None:
    at, gone = ports.take(0), ports.take(0)  # which nobody listens on
    with (
        gone,
        front_door.serve(at, front_door.Targets(f"http://127.0.0.1:{gone.getsockname()[1]}")),
        socket.create_connection(at.getsockname(), timeout=10) as client,
    ):
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 502 ")


def test_a_port_that_another_program_took_meanwhile_is_a_problem_with_a_way_out() -> None:
    at = ports.take(0)
    with ports.take(at.getsockname()[1]) as other:
        other.listen()
        with (
            pytest.raises(Problem, match=r"is taken\. Choose another: PORT="),
            front_door.serve(at, front_door.Targets("http://x")),
        ):
            pass
