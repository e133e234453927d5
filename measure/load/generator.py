"""The generator's process, and the trivial server that its ceiling is measured against."""

import asyncio
import contextlib
import gc
import multiprocessing
import signal
from collections.abc import Iterator
from multiprocessing.connection import Connection as Pipe
from typing import Any, Final, cast

import uvloop

from measure import cores
from measure.load.loops import Closed, Load, Open, closed, open_loop

_SPARE: Final = 60.0
"""Seconds beyond its own length in which a load must be over."""
_TRIVIAL: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Generator:
    """A running load generator."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe

    def run(self, wanted: Closed | Open) -> Load:
        """Put a load on a server, and wait for its end.

        Raises:
            TimeoutError: it did not end.
        """
        self._pipe.send(wanted)
        long = wanted.seconds + (wanted.warm_up if isinstance(wanted, Closed) else wanted.limit) + _SPARE
        if not self._pipe.poll(long):
            raise TimeoutError("the load generator hangs")
        load: Load = self._pipe.recv()
        return load


@contextlib.contextmanager
def generator() -> Iterator[Generator]:
    """Run the generator in a process of its own, as long as the context lasts."""
    with _process(_generate) as pipe:
        yield Generator(pipe)


@contextlib.contextmanager
def trivial_server() -> Iterator[int]:
    """Serve `{}` from the measured core, with next to no work; gives the port."""
    with _process(_serve_trivially) as pipe:
        yield pipe.recv()


@contextlib.contextmanager
def _process(run: Any) -> Iterator[Any]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=run, args=(theirs,), daemon=True)
    process.start()
    theirs.close()  # so that its end, too, ends the waiting for what it says
    try:
        yield ours
    finally:
        process.terminate()
        process.join()


def _generate(pipe: Pipe) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program that ends this one
    cores.pin(cores.MEASURING)
    gc.disable()
    while True:
        wanted = pipe.recv()
        pipe.send(uvloop.run(closed(wanted) if isinstance(wanted, Closed) else open_loop(wanted)))
        gc.collect()


def _serve_trivially(pipe: Pipe) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cores.pin(cores.MEASURED)
    uvloop.run(_trivial(pipe))


async def _trivial(pipe: Pipe) -> None:
    server = await asyncio.get_running_loop().create_server(_Trivial, "127.0.0.1", 0, backlog=2048)
    pipe.send(server.sockets[0].getsockname()[1])
    await asyncio.Event().wait()


class _Trivial(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        for _ in range(data.count(b"\r\n\r\n")):
            self._transport.write(_TRIVIAL)
