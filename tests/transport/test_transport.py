"""The rules that the transport keeps, against a server that sends exactly what a test says."""

import asyncio
import contextlib
import gc
import socket
import ssl
from collections.abc import AsyncIterator, Iterable, Sized
from functools import partial
from ipaddress import ip_address
from typing import Any

import httpx
import pytest

from fanin.engine.call import Request
from fanin.sources.http import repeatable
from fanin.sources.http.failures import ClosedUnanswered
from fanin.sources.http.loop import dial
from fanin.sources.http.loop.client import Transport, exchange
from fanin.sources.http.loop.connection import BUFFERED_AT_MOST, ArrivingAnswer
from fanin.sources.http.loop.dial import IPAddress
from fanin.sources.http.loop.pool import _first_of
from tests.loops import on_a_loop, until

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CLOSE = b""


class Scripted:
    """Answers each request with the next reply; `CLOSE` ends the connection instead, and so does a reply's last."""

    def __init__(self, replies: Iterable[bytes]) -> None:
        self.replies = list(replies)
        self.connections = 0
        self.requests: list[bytes] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.step = 0
        self.delay = 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        self.writers.append(writer)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                self.requests.append(head + await reader.readexactly(int(length or 0)))
                reply = self.replies.pop(0)
                if reply == CLOSE:
                    break
                await asyncio.sleep(self.delay)
                for start in range(0, len(reply), self.step or len(reply)):
                    writer.write(reply[start : start + (self.step or len(reply))])
                    await writer.drain()
                    if self.step:
                        await asyncio.sleep(0)
                if not self.replies:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def has_one(connections: Sized) -> bool:
    return len(connections) == 1


def no_task_is_left() -> bool:
    return len(asyncio.all_tasks()) == 1


@contextlib.asynccontextmanager
async def scripted(*replies: bytes, **options: Any) -> AsyncIterator[tuple[Scripted, Transport, str]]:
    """A server, a transport, and the server's URL."""
    server = Scripted(replies)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    transport = Transport(**{"resolve": literal, "ssl_context": ssl.create_default_context(), **options})
    try:
        yield server, transport, f"http://127.0.0.1:{port}/"
    finally:
        await transport.aclose()
        listening.close()
        await until(no_task_is_left)


async def literal(host: str, _port: int) -> list[IPAddress]:
    """Allow addresses, and know no name."""
    return [ip_address(host)]


async def fetch(transport: Transport, url: str, method: str = "GET", **request: Any) -> tuple[int, bytes]:
    """Make one call and read it whole."""
    response = await transport.handle_async_request(httpx.Request(method, url, **request))
    try:
        return response.status_code, b"".join([part async for part in response.aiter_raw()])
    finally:
        await response.aclose()


@pytest.mark.parametrize("step", [0, 1])
@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ],
)
def test_a_framed_answer_is_read_to_its_end_and_its_connection_kept(reply: bytes, step: int) -> None:
    """In one piece and byte by byte; the ways that there are to frame one are tests of the reading."""

    @on_a_loop
    async def test() -> None:
        async with scripted(reply, OK) as (server, transport, url):
            server.step = step
            assert await fetch(transport, url) == (200, b"hello")
            assert await fetch(transport, url) == (200, b"ok")
            assert server.connections == 1

    test()


@pytest.mark.parametrize(
    "reply",
    [b"HTTP/1.1 200 OK\r\n\r\nhello", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n\r\n"],
)
def test_an_answer_whose_end_is_doubtful_is_good_but_its_connection_is_not_kept(reply: bytes) -> None:
    """So that no answer can be taken for that of a later request."""

    @on_a_loop
    async def test() -> None:
        async with scripted(reply) as (server, transport, url):
            assert await fetch(transport, url) == (200, b"hello")
            server.replies = [OK, OK]
            assert await fetch(transport, url) == (200, b"ok")
            assert server.connections == 2

    test()


@pytest.mark.parametrize(
    "reply",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", b"RTSP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"],
    ids=["cut short", "malformed"],
)
def test_what_is_no_answer_is_an_error_of_httpx_and_ends_the_connection(reply: bytes) -> None:
    @on_a_loop
    async def test() -> None:
        async with scripted(reply) as (server, transport, url):
            with pytest.raises(httpx.RemoteProtocolError):
                await fetch(transport, url)
            server.replies = [OK, OK]
            assert await fetch(transport, url) == (200, b"ok")
            assert server.connections == 2

    test()


@pytest.mark.parametrize(
    "replies",
    [
        [CLOSE, CLOSE],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"],
        [b"RTSP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nx\r\n"],
    ],
    ids=["none", "cut short", "malformed", "malformed in its body"],
)
def test_an_answer_that_fails_leaves_no_cycle(replies: list[bytes]) -> None:
    """What failed knows the frames that it went through, and they know the answer."""

    @on_a_loop
    async def test() -> None:
        async with scripted(OK, *replies) as (_, transport, url):
            request = Request("GET", url)
            await exchange(transport, "a", request, max_bytes=100)
            failed = False
            gc.disable()
            gc.freeze()
            try:
                try:
                    await exchange(transport, "a", request, max_bytes=100)
                except httpx.TransportError:
                    failed = True
                await asyncio.sleep(0)
                gc.set_debug(gc.DEBUG_SAVEALL)
                gc.collect()
                left = [each for each in gc.garbage if isinstance(each, ArrivingAnswer)]
            finally:
                gc.set_debug(0)
                gc.garbage.clear()
                gc.enable()
            assert (failed, left) == (True, [])

    test()


@on_a_loop
async def test_head_has_no_body_and_keeps_its_connection() -> None:
    """Whatever length its answer declares."""
    async with scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", OK) as (server, transport, url):
        assert await fetch(transport, url, "HEAD") == (200, b"")
        assert await fetch(transport, url) == (200, b"ok")
        assert server.connections == 1


@on_a_loop
async def test_bytes_on_an_idle_connection_end_it() -> None:
    """Nobody asked for them."""
    async with scripted(OK, OK, OK) as (server, transport, url):
        await fetch(transport, url)
        server.writers[0].write(OK)
        await asyncio.sleep(0.02)
        await fetch(transport, url)
        assert server.connections == 2


@on_a_loop
async def test_a_get_that_dies_unanswered_on_a_kept_connection_is_sent_once_more() -> None:
    """On a new one."""
    async with scripted(OK, CLOSE, OK) as (server, transport, url):
        await fetch(transport, url)
        assert await fetch(transport, url) == (200, b"ok")
        assert (server.connections, len(server.requests)) == (2, 3)


@on_a_loop
async def test_a_get_is_sent_twice_at_most() -> None:
    """The new connection's word is final."""
    async with scripted(OK, CLOSE, CLOSE, OK) as (server, transport, url):
        await fetch(transport, url)
        with pytest.raises(httpx.RemoteProtocolError) as failed:
            await fetch(transport, url)
        assert isinstance(failed.value.__cause__, ClosedUnanswered)
        assert len(server.requests) == 3


@on_a_loop
async def test_a_post_is_never_sent_twice() -> None:
    """The server may have done it."""
    async with scripted(OK, CLOSE, OK) as (server, transport, url):
        await fetch(transport, url)
        with pytest.raises(httpx.RemoteProtocolError):
            await fetch(transport, url, "POST", json={"n": 1})
        assert len(server.requests) == 2


@pytest.fixture
def distrust(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every kept connection for one that was idle for long."""
    monkeypatch.setattr(repeatable, "TRUSTED_SECONDS", 0.0)


@pytest.mark.usefixtures("distrust")
@on_a_loop
async def test_a_get_that_is_unanswered_for_too_long_on_a_kept_connection_is_sent_on_a_new_one_too() -> None:
    """The first answer counts, and the other connection is ended."""

    async def fall_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(OK)
            await reader.readuntil(b"\r\n\r\n")
            if answers_late:
                await asyncio.sleep(0.05)
                writer.write(OK)
            await reader.read()
        writer.close()

    for silent_for_ever in (True, False):
        writers: list[asyncio.StreamWriter] = []
        answers_late = not silent_for_ever
        listening = await asyncio.start_server(fall_silent, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
        transport = Transport(resolve=literal, ssl_context=ssl.create_default_context())
        assert await fetch(transport, url) == (200, b"ok")
        assert await fetch(transport, url, extensions={"patience": 0.02}) == (200, b"ok")
        await until(partial(has_one, transport._pool._open))
        assert len(writers) == 2
        await transport.aclose()
        listening.close()
    await until(no_task_is_left)


@pytest.mark.usefixtures("distrust")
@on_a_loop
async def test_where_asking_anew_fails_what_was_asked_first_still_counts() -> None:
    """It was only slow."""
    now_refuses = False

    async def resolve(host: str, _port: int) -> list[IPAddress]:
        return [ip_address("127.0.0.9" if now_refuses else host)]

    async with scripted(OK, OK, resolve=resolve) as (server, transport, url):
        await fetch(transport, url)
        now_refuses = True
        server.delay = 0.05
        assert await fetch(transport, url, extensions={"patience": 0.01}) == (200, b"ok")
        assert server.connections == 1


@pytest.mark.usefixtures("distrust")
@on_a_loop
async def test_a_post_is_not_asked_anew_however_long_it_takes() -> None:
    """The server may be doing it."""
    async with scripted(OK, OK) as (server, transport, url):
        await fetch(transport, url)
        server.delay = 0.05
        assert await fetch(transport, url, "POST", json=1, extensions={"patience": 0.01}) == (200, b"ok")
        assert (server.connections, len(server.requests)) == (1, 2)


@on_a_loop
async def test_a_request_body_goes_with_its_length_even_if_it_was_a_stream() -> None:
    """And no transfer coding."""

    async def parts() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"

    async with scripted(OK, OK) as (server, transport, url):
        await fetch(transport, url, "POST", content=b"xyz")
        await fetch(transport, url, "POST", content=parts())
        assert [request.partition(b"\r\n\r\n")[2] for request in server.requests] == [b"xyz", b"ab"]
        assert b"ransfer-" not in server.requests[1]


@pytest.mark.parametrize(
    "headers", [{"X": "a\r\nY: b"}, {"X": "a\nb"}, {"X": "a\0"}, {"X\r\nY": "a"}, {"X Y": "a"}, {"": "a"}]
)
def test_a_header_cannot_smuggle_in_another_line(headers: dict[str, str]) -> None:
    """It is refused before a byte is sent."""

    @on_a_loop
    async def test() -> None:
        async with scripted(OK) as (server, transport, url):
            with pytest.raises(httpx.LocalProtocolError):
                await fetch(transport, url, headers=headers)
            assert not server.connections

    test()


@on_a_loop
async def test_a_reader_who_lags_holds_the_peer_back() -> None:
    """No more than the bound and one read are kept."""
    body = b"x" * 8_000_000
    async with scripted(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body), OK) as parts:
        _, transport, url = parts
        response = await transport.handle_async_request(httpx.Request("GET", url))
        await asyncio.sleep(0.1)
        stream: Any = response.stream
        assert stream._answer._buffered <= BUFFERED_AT_MOST + 64 * 1024
        assert len(b"".join([part async for part in response.aiter_raw()])) == len(body)
        assert await fetch(transport, url) == (200, b"ok")


@pytest.mark.parametrize("reply", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"])
def test_a_cancelled_call_leaves_nothing(reply: bytes) -> None:
    """Before its head and in its body."""

    @on_a_loop
    async def test() -> None:
        asked, held = asyncio.Event(), asyncio.Event()

        async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(reply)
            await reader.readuntil(b"\r\n\r\n")
            asked.set()
            assert await reader.read() == b""
            held.set()
            writer.close()

        listening = await asyncio.start_server(hold, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
        transport = Transport(resolve=literal, ssl_context=ssl.create_default_context())
        call = asyncio.create_task(fetch(transport, url))
        await asyncio.wait_for(asked.wait(), 9)
        await asyncio.sleep(0.02)  # what was replied is read meanwhile
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await asyncio.wait_for(held.wait(), 9)
        assert not transport._pool._open
        listening.close()

    test()


@on_a_loop
async def test_a_call_that_is_cancelled_on_a_kept_connection_leaves_no_error_that_nobody_takes() -> None:
    """asyncio would write it to the log."""
    untaken: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: untaken.append(context))
    async with scripted(OK, OK) as (server, transport, url):
        await fetch(transport, url)
        server.delay = 0.1
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await fetch(transport, url)
        await asyncio.sleep(0.15)
    gc.collect()
    assert untaken == []


@on_a_loop
async def test_an_answer_that_is_closed_unread_ends_its_connection() -> None:
    """It would have to be read to its end otherwise."""
    async with scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", OK, OK) as (server, transport, url):
        response = await transport.handle_async_request(httpx.Request("GET", url))
        await response.aclose()
        await fetch(transport, url)
        assert server.connections == 2


@on_a_loop
async def test_closing_the_transport_fails_what_is_under_way() -> None:
    """It does not hang."""
    async with scripted(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", OK) as (_, transport, url):
        response = await transport.handle_async_request(httpx.Request("GET", url))
        await transport.aclose()
        with pytest.raises(httpx.TransportError):
            await response.aread()
        with pytest.raises(RuntimeError):
            await fetch(transport, url)


@on_a_loop
async def test_idle_connections_are_bounded_and_expire() -> None:
    """In number by origin, and in age, whoever is asked next."""
    now = 0.0
    async with scripted(*[OK] * 9, idle_per_origin=2, idle_seconds=5, clock=lambda: now) as (server, transport, url):
        await asyncio.gather(*(fetch(transport, url) for _ in range(4)))
        await until(lambda: len(transport._pool._open) == 2)
        now = 5.0
        await fetch(transport, url)
        await until(lambda: len(transport._pool._open) == 1)
        assert server.connections == 5


@on_a_loop
async def test_what_a_crowd_opened_is_there_for_the_next_crowd() -> None:
    async with scripted(*[OK] * 300) as (server, transport, url):
        for _ in range(2):
            await asyncio.gather(*(fetch(transport, url) for _ in range(150)))
        assert server.connections == 150


@on_a_loop
async def test_the_guard_is_asked_for_every_connection_and_its_word_comes_through() -> None:
    """For addresses in the URL too."""

    class RefusedError(Exception):
        pass

    asked: list[tuple[str, int]] = []

    async def refuse(host: str, port: int) -> list[IPAddress]:
        asked.append((host, port))
        raise RefusedError

    async with scripted(resolve=refuse) as (server, transport, _):
        for url in ("http://127.0.0.1/", "http://[::1]:81/", "https://xn--bcher-kva.test/", "http://2130706433/"):
            with pytest.raises(RefusedError):
                await fetch(transport, url)
        assert asked == [("127.0.0.1", 80), ("::1", 81), ("xn--bcher-kva.test", 443), ("2130706433", 80)]
        assert not server.connections


@on_a_loop
async def test_the_next_address_is_tried_when_one_refuses_or_is_silent() -> None:
    """And no socket or task outlives the race."""
    waiting = asyncio.Event()

    async def connect(address: IPAddress, port: int) -> Any:
        if str(address) == "127.0.0.9":
            await waiting.wait()
        return await real(address, port)

    real, dial._connect = dial._connect, connect
    try:
        async with scripted(OK) as (_, _, url):
            port = httpx.URL(url).port or 0
            for first in ("127.0.0.8", "127.0.0.9"):
                (await dial.dial([ip_address(first), ip_address("127.0.0.1")], port)).close()
            with pytest.raises(ConnectionRefusedError):
                await dial.dial([ip_address("127.0.0.7"), ip_address("127.0.0.8")], port)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await dial.dial([ip_address("127.0.0.9"), ip_address("127.0.0.9")], port)
            with pytest.raises(OSError, match="no address"):
                await dial.dial([], port)
    finally:
        dial._connect = real


@on_a_loop
async def test_an_httpx_client_works_over_it() -> None:
    """With decoding, redirects and all."""
    replies = (b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n", OK)
    async with scripted(*replies) as (server, transport, url):
        async with httpx.AsyncClient(transport=transport, follow_redirects=True) as client:
            response = await client.get(url)
        assert (response.text, response.reason_phrase, response.http_version) == ("ok", "OK", "HTTP/1.1")
        assert server.connections == 1


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "unix:///x", "http:///x"])
def test_only_http_urls_are_taken(url: str) -> None:
    """With a host in them."""

    @on_a_loop
    async def test() -> None:
        async with scripted() as (_, transport, _):
            with pytest.raises(httpx.UnsupportedProtocol):
                await fetch(transport, url)

    test()


class CountsAborts:
    """In the place of a connection: says how often it was ended."""

    aborts = 0

    def pause(self) -> None:
        """Go on."""

    def resume(self) -> None:
        """Go on."""

    def abort(self) -> None:
        """Count."""
        self.aborts += 1


@on_a_loop
async def test_a_call_that_is_cancelled_while_the_slower_way_ends_leaves_no_answer() -> None:
    """Nobody has the first one then, and nobody else would ever end its connection."""
    wire, both = CountsAborts(), asyncio.Event()

    async def first() -> ArrivingAnswer:
        await both.wait()
        return ArrivingAnswer(wire)

    async def slow() -> ArrivingAnswer:
        both.set()
        try:
            await asyncio.Event().wait()
        finally:
            asyncio.get_running_loop().call_soon(call.cancel)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        raise AssertionError

    call = asyncio.create_task(_first_of(first(), slow()))
    with pytest.raises(asyncio.CancelledError):
        await call
    assert wire.aborts == 1


def test_a_dial_that_is_cancelled_while_its_other_attempts_end_leaves_no_socket(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connected, began = socket.socket(), asyncio.Event()
    dialling: asyncio.Task[socket.socket]

    async def connect(address: IPAddress, _: int) -> socket.socket:
        if address == ip_address("127.0.0.1"):
            await began.wait()
            return connected
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            asyncio.get_running_loop().call_soon(dialling.cancel)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        raise AssertionError

    monkeypatch.setattr(dial, "_connect", connect)
    monkeypatch.setattr(dial, "STAGGER", 0.0)

    @on_a_loop
    async def test() -> None:
        nonlocal dialling
        dialling = asyncio.create_task(dial.dial([ip_address("127.0.0.1"), ip_address("127.0.0.2")], 1))
        with pytest.raises(asyncio.CancelledError):
            await dialling

    test()
    assert connected.fileno() == -1
