"""The upstream of the measurements: as light as asyncio allows, in a process of its own.

What it does with a request is in the path:

    /delay/MS      answers after that many milliseconds with some 2 kB of JSON
    /close/MS      the same, and sends FIN that many milliseconds after its answer
    /reset/MS      the same with RST
    /reset-now     RST instead of an answer
    /drip-head     one byte of a header section every 20 ms, without end
    /drip-body     a head at once, then one byte of body every 20 ms, without end
    /endless       a body as fast as it is taken, without end
    /head/BYTES    a header section of that many bytes
    /silent        never answers
    /thaw/PID      sends SIGCONT to that process a little later
    /counts        {"requests": …, "posts": …, "connections": …, "open": …} since the start, itself included
"""

import asyncio
import contextlib
import json
import multiprocessing
import os
import signal
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import cast

from measure import cores

HOSTS = 200
"""Ports that answer in the clear: what a client takes for as many hosts."""

_BODY = json.dumps({"rows": [{"id": n, "name": f"row {n}", "value": n * 1.5} for n in range(45)]}).encode()
_DRIP_SECONDS = 0.02
_THAW_SECONDS = 0.04
_RESET = struct.pack("ii", 1, 0)


@dataclass
class Counts:
    """What the upstream has seen since its start; `connections` counts complete TLS handshakes too."""

    requests: int = 0
    posts: int = 0
    connections: int = 0
    open: int = 0


class _Serving(asyncio.Protocol):
    """One connection: requests one after another, their heads found by the blank line, bodies by Content-Length."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._received = b""
        self._writable = asyncio.Event()
        self._writable.set()
        self._running: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is of no class of asyncio's
        self._loop = asyncio.get_running_loop()
        self._counts.connections += 1
        self._counts.open += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self._counts.open -= 1
        self._writable.set()
        if self._running is not None:
            self._running.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end]
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            whole = end + 4 + int(length or 0)
            if len(self._received) < whole:
                return
            self._received = self._received[whole:]
            method, target, _ = head.split(b" ", 2)
            self._answer(method.decode(), target.decode())

    def _answer(self, method: str, target: str) -> None:  # noqa: C901 - a flat table of what a target asks for
        self._counts.requests += 1
        self._counts.posts += method == "POST"
        name, _, argument = target.lstrip("/").partition("/")
        number = float(argument) if argument else 0.0
        if name == "delay":
            self._loop.call_later(number / 1000, self._write, _BODY)
        elif name in ("close", "reset"):
            self._write(_BODY)
            self._loop.call_later(number / 1000, self._transport.close if name == "close" else self._reset)
        elif name == "reset-now":
            self._reset()
        elif name == "thaw":
            self._loop.call_later(_THAW_SECONDS, os.kill, int(argument), signal.SIGCONT)
            self._write(b"{}")
        elif name == "counts":
            self._write(json.dumps(asdict(self._counts)).encode())
        elif name == "head":
            self._running = self._loop.create_task(self._send_head(int(number)))
        elif name == "drip-head":
            self._running = self._loop.create_task(self._drip(b"HTTP/1.1 200 OK\r\nX-Drip: "))
        elif name == "drip-body":
            self._running = self._loop.create_task(self._drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"))
        elif name == "endless":
            self._running = self._loop.create_task(self._send_endlessly())
        elif name != "silent":
            self._transport.close()

    def _write(self, body: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: max-age=300\r\n"
                b"Server: upstream\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
            )

    def _reset(self) -> None:
        connected = self._transport.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()

    async def _drip(self, start: bytes) -> None:
        self._transport.write(start)
        while True:
            await asyncio.sleep(_DRIP_SECONDS)
            self._transport.write(b"x")

    async def _send_endlessly(self) -> None:
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n")
        while True:
            self._transport.write(b"x" * 65536)
            await self._writable.wait()
            await asyncio.sleep(0)

    async def _send_head(self, size: int) -> None:
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n")
        line = b"X-Filler: " + b"x" * 1000 + b"\r\n"
        for _ in range(size // len(line)):
            self._transport.write(line)
            await self._writable.wait()
        self._transport.write(b"\r\n{}")


@dataclass(frozen=True)
class Upstream:
    """The ports of 127.0.0.1 that it listens on."""

    plain: tuple[int, ...]
    tls: int
    """0 without a certificate."""
    deaf: int
    """Accepts connections, and never says anything: not even in a TLS handshake."""


@contextlib.contextmanager
def upstream(chain: Path | None = None) -> Iterator[Upstream]:
    """Run the upstream in a process of its own, off the measured core; `chain` is its certificate with key in PEM."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(theirs, chain), daemon=True)
    process.start()
    theirs.close()  # so that its end, too, ends the waiting for what it says
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def counts(upstream: Upstream) -> Counts:
    """Ask the upstream what it has seen, this question included."""
    return Counts(**json.loads(_ask(upstream, "/counts")))


def thaw_later(upstream: Upstream, process: int) -> None:
    """Have a process continued that is about to stop itself."""
    _ask(upstream, f"/thaw/{process}")


def _ask(upstream: Upstream, path: str) -> bytes:
    with socket.create_connection(("127.0.0.1", upstream.plain[0])) as asking:
        asking.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        received = b""
        while not received.endswith(b"}"):
            received += asking.recv(65536)
        return received.partition(b"\r\n\r\n")[2]


def _run(pipe: Pipe, chain: Path | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program that ends this one
    cores.pin(cores.MEASURING)
    import uvloop

    uvloop.run(_serve(pipe, chain))


async def _serve(pipe: Pipe, chain: Path | None) -> None:
    loop = asyncio.get_running_loop()
    counts = Counts()
    factory: Callable[[], _Serving] = lambda: _Serving(counts)  # noqa: E731
    plain = [await loop.create_server(factory, "127.0.0.1", 0, backlog=1024) for _ in range(HOSTS)]
    deaf = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0)
    tls = 0
    if chain:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        tls = _port(await loop.create_server(factory, "127.0.0.1", 0, ssl=context, backlog=1024))
    pipe.send(Upstream(tuple(_port(server) for server in plain), tls, _port(deaf)))
    await asyncio.Event().wait()


def _port(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port
