"""The upstream of the measurements: as light as asyncio allows, in a process of its own.

`GET /delay/MS` is answered after that many milliseconds, with some 2 kB of JSON.
"""

import asyncio
import contextlib
import json
import multiprocessing
from collections.abc import Iterator
from multiprocessing.connection import Connection as Pipe
from typing import Final, cast

from benchmarks import linux

HOSTS: Final = 40
"""Ports: what a client takes for as many hosts."""
_BODY: Final = json.dumps({"rows": [{"id": n, "name": f"row {n}", "value": n * 1.5} for n in range(45)]}).encode()
_ANSWER: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: max-age=300\r\n"
    b"Server: upstream\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
)

type Upstream = tuple[int, ...]
"""A running upstream: the ports of 127.0.0.1 that it listens on."""


@contextlib.contextmanager
def upstream(core: int = linux.MEASURING) -> Iterator[Upstream]:
    """Run the upstream in a process of its own, off the measured core unless that is asked for."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(core, theirs), daemon=True)
    process.start()
    theirs.close()  # so that its end, too, ends the waiting for what it says
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


class _Serving(asyncio.Protocol):
    """One connection: requests without bodies, one after another."""

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is of no class of asyncio's
        self._loop = asyncio.get_running_loop()

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            if milliseconds := float(head.split(b" ", 2)[1].rpartition(b"/")[2]):
                self._loop.call_later(milliseconds / 1000, self._answer)
            else:
                self._answer()

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(_ANSWER)


def _run(core: int, pipe: Pipe) -> None:
    import uvloop

    linux.begin(core)
    uvloop.run(_serve(pipe))


async def _serve(pipe: Pipe) -> None:
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(_Serving, "127.0.0.1", 0, backlog=1024) for _ in range(HOSTS)]
    pipe.send(tuple(server.sockets[0].getsockname()[1] for server in servers))
    await asyncio.Event().wait()
