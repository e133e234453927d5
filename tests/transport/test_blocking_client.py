"""The rules that the blocking client keeps, against a server that sends exactly what a test says."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from ipaddress import ip_address

import pytest
import requests

from fanin.sources.address import Address, AddressGuard
from fanin.sources.bounds import Bounds, bounded
from fanin.sources.http import repeatable
from fanin.sources.http.blocking.client import Adapter, session_of
from fanin.sources.http.blocking.dial import dial
from fanin.sources.http.failures import BadRequest, CannotConnect, ClosedUnanswered, Malformed
from fanin.sources.http.request import Way
from fanin.sources.resolve import Resolver

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CLOSE = b""
SILENT = b"silent"
LATE = b"late"
PATIENCE = 0.02


class Scripted:
    """Answers each request with the next reply: `CLOSE` ends the connection, `SILENT` says no more on it.

    `LATE` answers when another connection has been asked, or closed without.
    """

    def __init__(self, *replies: bytes) -> None:
        self.replies = list(replies)
        self.requests: list[bytes] = []
        self.connections = 0
        self.ended = threading.Semaphore(0)
        self.go_on = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def go_on_after(self, happened: threading.Event | threading.Semaphore) -> None:
        """Let the late answer go when something has happened."""

        def wait() -> None:
            (happened.wait if isinstance(happened, threading.Event) else happened.acquire)(timeout=5)
            self.go_on.set()

        threading.Thread(target=wait, daemon=True).start()

    def close(self) -> None:
        self.go_on.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            while request := connection.recv(65_536):
                self.requests.append(request)
                match self.replies.pop(0):
                    case b"":
                        break
                    case b"silent":
                        connection.recv(1)
                        break
                    case b"late":
                        self.go_on.wait(10)
                        connection.sendall(OK)
                    case reply:
                        connection.sendall(reply)
        self.ended.release()


class Names(Resolver):
    """Answers with one address, until it is told to answer with another."""

    def __init__(self) -> None:
        super().__init__(AddressGuard("127.0.0.0/8:*"))
        self.elsewhere = threading.Event()
        self.led_elsewhere = threading.Event()

    def _permitted(self, addresses: list[Address], port: int) -> list[Address]:
        if not self.elsewhere.is_set():
            return super()._permitted(addresses, port)
        self.led_elsewhere.set()
        return [ip_address("127.0.0.9")]


@pytest.fixture
def names() -> Names:
    return Names()


@pytest.fixture
def session(names: Names) -> Iterator[requests.Session]:
    """Send as the blocking fetch does, each test inside of bounds that it does not reach."""
    with (
        session_of(Adapter(names, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))) as made,
        bounded(Bounds(time.monotonic() + 10, PATIENCE, time.monotonic)),
    ):
        yield made


@contextlib.contextmanager
def scripted(*replies: bytes) -> Iterator[Scripted]:
    server = Scripted(*replies)
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def _distrust(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every kept connection for one that was idle for long."""
    monkeypatch.setattr(repeatable, "TRUSTED_SECONDS", 0.0)


def root(error: BaseException) -> BaseException:
    assert error.__cause__
    return error.__cause__


def test_it_is_a_session_as_anybodys(session: requests.Session) -> None:
    """With content, text and JSON; it keeps its connection."""
    with scripted(OK, OK, OK) as server:
        response = session.get(server.url, params={"a": "b c"})
        assert (response.status_code, response.reason, response.json()) == (200, "OK", {})
        assert session.post(server.url, json={"n": 1}).text == "{}"
        assert session.post(server.url, data="é".encode()).content == b"{}"
        assert server.connections == 1
        assert server.requests[0].startswith(b"GET /?a=b+c HTTP/1.1\r\nHost: ")
        assert server.requests[1].endswith(b'\r\n\r\n{"n": 1}')


def test_neither_cookies_nor_redirects_are_followed(session: requests.Session) -> None:
    reply = b"HTTP/1.1 302 Found\r\nLocation: /next\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
    with scripted(reply, OK) as server:
        assert session.get(server.url).status_code == 302
        session.get(server.url)
        assert len(server.requests) == 2
        assert b"ookie" not in server.requests[1]


def test_a_get_that_dies_unanswered_on_a_kept_connection_is_sent_once_more(session: requests.Session) -> None:
    with scripted(OK, CLOSE, OK) as server:
        session.get(server.url)
        assert session.get(server.url).content == b"{}"
        assert (server.connections, len(server.requests)) == (2, 3)


def test_a_get_is_sent_twice_at_most(session: requests.Session) -> None:
    with scripted(OK, CLOSE, CLOSE, OK) as server:
        session.get(server.url)
        with pytest.raises(requests.ConnectionError) as failed:
            session.get(server.url)
        assert isinstance(root(failed.value), ClosedUnanswered)
        assert len(server.requests) == 3


def test_a_post_is_never_sent_twice(session: requests.Session) -> None:
    with scripted(OK, CLOSE, OK) as server:
        session.get(server.url)
        with pytest.raises(requests.ConnectionError):
            session.post(server.url, json=1)
        assert len(server.requests) == 2


@pytest.mark.usefixtures("_distrust")
def test_a_get_that_is_unanswered_for_too_long_on_a_kept_connection_is_sent_on_a_new_one_too(
    session: requests.Session,
) -> None:
    """The first answer counts, and the other connection is ended."""
    with scripted(OK, SILENT, OK, OK) as server:
        session.get(server.url)
        assert session.get(server.url).content == b"{}"
        assert server.ended.acquire(timeout=5)
        session.get(server.url)
        assert server.connections == 2


@pytest.mark.usefixtures("_distrust")
def test_where_asking_anew_fails_what_was_asked_first_still_counts(session: requests.Session, names: Names) -> None:
    """It was only slow: whether nobody listens at the new address, or the new connection ends unanswered."""
    with scripted(OK, LATE, CLOSE) as server:
        session.get(server.url)
        server.go_on_after(server.ended)
        assert session.get(server.url).content == b"{}"
        assert server.connections == 2
    with scripted(OK, LATE) as server:
        session.get(server.url)
        names.elsewhere.set()
        server.go_on_after(names.led_elsewhere)
        assert session.get(server.url).content == b"{}"
        assert server.connections == 1


@pytest.mark.usefixtures("_distrust")
def test_a_post_is_not_asked_anew_however_long_it_takes(session: requests.Session) -> None:
    with scripted(OK, LATE) as server:
        session.get(server.url)
        threading.Timer(5 * PATIENCE, server.go_on.set).start()
        assert session.post(server.url, json=1).content == b"{}"
        assert (server.connections, len(server.requests)) == (1, 2)


def test_an_answer_that_is_closed_unread_ends_its_connection(session: requests.Session) -> None:
    with scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", OK) as server:
        session.get(server.url, stream=True).close()
        assert server.ended.acquire(timeout=5)
        session.get(server.url)
        assert server.connections == 2


def test_what_is_no_answer_is_an_error_of_requests(session: requests.Session) -> None:
    """In the head and in the body."""
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for reply in (b"RTSP/1.1 200 OK\r\n\r\n", chunked + b"zz\r\n"):
        with scripted(reply) as server:
            with pytest.raises(requests.ConnectionError) as failed:
                session.get(server.url)
            assert isinstance(root(failed.value), Malformed)


def test_the_end_of_the_calls_time_is_a_timeout_of_requests(session: requests.Session) -> None:
    """Wherever it comes: here before the head, and in the body."""
    for reply in (SILENT, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"):
        with scripted(reply, OK) as server, bounded(Bounds(time.monotonic() + 0.05, 1, time.monotonic)):
            with pytest.raises(requests.Timeout):
                session.get(server.url)
            assert server.ended.acquire(timeout=5)
            with pytest.raises(requests.Timeout):
                session.get(server.url)
            assert server.connections == 1


@pytest.mark.parametrize("headers", [{"X": "a\r\nY: b"}, {"X": "a\nb"}, {"X": "a\0"}, {"X\r\nY": "a"}, {"X Y": "a"}])
def test_a_header_cannot_smuggle_in_another_line(session: requests.Session, headers: dict[str, str]) -> None:
    """It is refused before a byte is sent, even if requests is not asked whether it is one."""
    with scripted(OK) as server:
        prepared = requests.Request("GET", server.url).prepare()
        prepared.headers.update(headers)
        with pytest.raises(requests.ConnectionError) as failed:
            session.send(prepared)
        assert isinstance(root(failed.value), BadRequest)
        assert not server.requests


def test_a_closed_client_sends_nothing(session: requests.Session) -> None:
    with scripted(OK) as server:
        session.get(server.url)
        session.close()
        assert server.ended.acquire(timeout=5)
        with pytest.raises(RuntimeError):
            session.get(server.url)


class Several(Resolver):
    """Answers with the same addresses for every name."""

    def __init__(self, *addresses: str) -> None:
        super().__init__(AddressGuard())
        self._several = [ip_address(address) for address in addresses]

    def _permitted(self, _addresses: list[Address], _port: int) -> list[Address]:
        return self._several


def test_the_next_address_is_tried_when_one_refuses_or_is_silent() -> None:
    """As the client on the loop does: a name may have an address that leads nowhere."""
    with socket.create_server(("127.0.0.1", 0)) as listening, contextlib.ExitStack() as ends:
        port = listening.getsockname()[1]
        silent = ends.enter_context(socket.create_server(("127.0.0.9", port), backlog=0))
        for _ in range(2):  # its queue is full then: the system does not answer whoever comes
            waiting = ends.enter_context(socket.socket())
            waiting.setblocking(False)  # noqa: FBT003 - its only name is flag
            waiting.connect_ex(silent.getsockname())
        way = Way(("http", "127.0.0.1", port), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))

        def connected(*addresses: str, seconds: float = 5.0) -> str:
            within = Bounds(time.monotonic() + seconds, PATIENCE, time.monotonic)
            with dial(way, Several(*addresses), within) as connection:
                host: str = connection.getpeername()[0]
                return host

        assert connected("127.0.0.8", "127.0.0.1") == "127.0.0.1"
        assert connected("127.0.0.9", "127.0.0.1") == "127.0.0.1"
        with pytest.raises(CannotConnect, match="refused"):
            connected("127.0.0.7", "127.0.0.8")
        with pytest.raises(TimeoutError):
            connected("127.0.0.9", "127.0.0.9", seconds=0.05)
        with pytest.raises(CannotConnect, match="no address"):
            connected()
