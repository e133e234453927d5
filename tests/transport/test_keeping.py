"""Kept connections are bounded in both clients, expire, and are closed where their peers have ended them."""

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from fanin.engine.call import Request
from fanin.sources.address import AddressGuard
from fanin.sources.bounds import Bounds, bounded
from fanin.sources.http.blocking import client as blocking
from fanin.sources.http.keeping import KeptConnections, files_to_spare
from fanin.sources.http.loop import client as loop
from fanin.sources.resolve import Resolver

ORIGINS = 10
AT_ONCE = 20
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(eq=False)
class Plug:
    """A connection that does as a test says."""

    aborted: bool = False
    ends: tuple[socket.socket, socket.socket] = field(default_factory=socket.socketpair)

    def fileno(self) -> int:
        return self.ends[0].fileno()

    def abort(self) -> None:
        self.aborted = True
        for end in self.ends:
            end.close()


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


class TestKept:
    """The rule, without a network."""

    @pytest.fixture
    def plugs(self) -> Iterator[list[Plug]]:
        made = [Plug() for _ in range(6)]
        yield made
        for plug in made:
            plug.abort()

    def test_the_one_that_was_used_last_is_taken_first(self, plugs: list[Plug], clock: Clock) -> None:
        kept: KeptConnections[Plug, str] = KeptConnections(per_origin=9, in_all=9, clock=clock)
        for plug in plugs[:2]:
            kept.put("a", plug, 0)
        clock.now += 0.5
        assert kept.take("b") == (None, 0.0)
        assert [kept.take("a") for _ in range(3)] == [(plugs[1], 0.5), (plugs[0], 0.5), (None, 0.0)]

    def test_an_origin_keeps_no_more_than_its_number(self, plugs: list[Plug], clock: Clock) -> None:
        kept: KeptConnections[Plug, str] = KeptConnections(per_origin=2, in_all=9, clock=clock)
        for plug in plugs[:3]:
            kept.put("a", plug, 0)
        kept.put("b", plugs[3], 0)
        assert [plug.aborted for plug in plugs[:4]] == [False, False, True, False]

    def test_in_all_there_are_no_more_than_may_be_open_and_the_oldest_goes(
        self, plugs: list[Plug], clock: Clock
    ) -> None:
        """Those in use count: of four, one is in use."""
        kept: KeptConnections[Plug, int] = KeptConnections(per_origin=9, in_all=4, clock=clock)
        for origin, plug in enumerate(plugs):
            kept.put(origin, plug, 1)
        assert len(kept) == 3
        assert [plug.aborted for plug in plugs] == [True] * 3 + [False] * 3
        kept.make_room(3)
        assert [plug.aborted for plug in plugs] == [True] * 5 + [False]

    def test_one_that_is_idle_for_too_long_is_ended_whoever_is_asked(self, plugs: list[Plug], clock: Clock) -> None:
        kept: KeptConnections[Plug, str] = KeptConnections(per_origin=9, in_all=9, seconds=60.0, clock=clock)
        kept.put("a", plugs[0], 0)
        clock.now += 30
        kept.put("a", plugs[1], 0)
        clock.now += 30
        assert kept.take("b") == (None, 0.0)
        assert [plug.aborted for plug in plugs[:2]] == [True, False]

    def test_one_that_its_peer_has_ended_is_closed_whoever_is_asked(self, plugs: list[Plug], clock: Clock) -> None:
        """Within a second, or at the next request after it."""
        kept: KeptConnections[Plug, str] = KeptConnections(per_origin=9, in_all=9, clock=clock)
        for plug in plugs[:2]:
            kept.put("a", plug, 0)
        plugs[0].ends[1].close()
        clock.now += 1
        kept.take("b")
        assert [plug.aborted for plug in plugs[:2]] == [True, False]

    def test_half_of_the_files_that_may_be_open_are_for_connections(self) -> None:
        assert 1 <= files_to_spare() <= 4096


class Origins:
    """Servers that keep every connection, until they are told to close them all."""

    def __init__(self, count: int) -> None:
        self._listening = [socket.create_server(("127.0.0.1", 0), backlog=256) for _ in range(count)]
        self._together = threading.Barrier(AT_ONCE)
        self.connections: list[socket.socket] = []
        for listening in self._listening:
            threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    @property
    def urls(self) -> list[str]:
        return [f"http://127.0.0.1:{listening.getsockname()[1]}/" for listening in self._listening]

    def hang_up(self) -> None:
        """Close every connection."""
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self.connections.clear()

    def close(self) -> None:
        self.hang_up()
        for listening in self._listening:
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()

    def _accept(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                self.connections.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, threading.BrokenBarrierError):
            while connection.recv(65_536):
                self._together.wait(10)  # so that as many connections are open as calls are made at once
                connection.sendall(OK)


@pytest.fixture
def origins() -> Iterator[Origins]:
    """Ten of them."""
    running = Origins(ORIGINS)
    yield running
    running.close()


def resolver() -> Resolver:
    return Resolver(AddressGuard("127.0.0.0/8:*"))


class TestClients:
    """Of ten origins, each asked twenty times at once."""

    def on_the_loop(self, origins: Origins, clock: Clock, in_all: int | None) -> list[int]:
        async def ask_all(transport: loop.Transport, url: str) -> None:
            await asyncio.gather(
                *(loop.exchange(transport, "a", Request("GET", url), max_bytes=99) for _ in range(AT_ONCE))
            )
            await asyncio.sleep(0)  # what was ended closes in the loop's next turn

        async def ask() -> list[int]:
            opened = transport._pool._open
            for url in origins.urls:
                await ask_all(transport, url)
            counts = [len(opened)]
            origins.hang_up()
            clock.now += 1
            await ask_all(transport, origins.urls[0])
            counts.append(len(opened))
            clock.now += 60
            await ask_all(transport, origins.urls[1])
            counts.append(len(opened))
            return counts

        async def ask_and_close() -> list[int]:
            async with transport:
                return await ask()

        transport = loop.Transport(resolve=resolver().resolve_async, ssl_context=PLAIN, idle_in_all=in_all, clock=clock)
        return asyncio.run(ask_and_close())

    def blocking(self, origins: Origins, clock: Clock, in_all: int | None) -> list[int]:
        def ask(url: str) -> None:
            with bounded(Bounds(clock.now + 30, 30, clock)):
                blocking.exchange(session, "a", Request("GET", url), max_bytes=99)

        adapter = blocking.Adapter(resolver(), PLAIN, idle_in_all=in_all, clock=clock)
        kept = adapter._pool._kept
        with blocking.session_of(adapter) as session, ThreadPoolExecutor(AT_ONCE) as threads:
            for url in origins.urls:
                list(threads.map(ask, [url] * AT_ONCE))
            counts = [len(kept)]
            origins.hang_up()
            clock.now += 1
            list(threads.map(ask, [origins.urls[0]] * AT_ONCE))
            counts.append(len(kept))
            clock.now += 60
            list(threads.map(ask, [origins.urls[1]] * AT_ONCE))
            counts.append(len(kept))
        return counts

    @pytest.mark.parametrize("client", ["on_the_loop", "blocking"])
    def test_what_peers_have_closed_and_what_is_too_old_is_closed(
        self, client: str, origins: Origins, clock: Clock
    ) -> None:
        """None of it waits until its own origin is asked again."""
        counts = getattr(self, client)(origins, clock, None)
        assert counts == [ORIGINS * AT_ONCE, AT_ONCE, AT_ONCE]

    @pytest.mark.parametrize("client", ["on_the_loop", "blocking"])
    def test_they_are_bounded_over_all_origins(self, client: str, origins: Origins, clock: Clock) -> None:
        counts = getattr(self, client)(origins, clock, 50)
        assert counts == [50, AT_ONCE, AT_ONCE]
