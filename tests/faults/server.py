"""The fault server: raw sockets that do what `faults` says, in a process of their own.

Usage: python -m tests.faults.server FOLDER. It writes the certificate authority's certificate into the folder, and says
on one line which ports it listens on, as JSON: `answers` for the faults by path, `kept` for connections that end
between calls, and those of `faults.BY_PORT`.
"""

import asyncio
import contextlib
import json
import socket
import ssl
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from tests.faults.faults import BY_PATH, BY_PORT, LATE, OK, Peer, sized

HOST = "127.0.0.1"
CERTIFICATE = "authority.pem"
SLOW = 0.13
"""Seconds that a slow answer takes."""
ALERT = b"\x15\x03\x03\x00\x02\x02\x28"
"""A TLS record that refuses the handshake."""
SERVER_HELLO = b"\x16\x03\x03\x40\x00"
"""The beginning of a TLS record of 16 kB."""

PORTS: dict[str, int] = {}
"""What listens where."""
SERVERS: list[asyncio.Server] = []
"""What listens; asyncio holds on to none of them."""

type Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def request(reader: asyncio.StreamReader) -> tuple[str, str]:
    """Read one request; give its method and path."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length or 0))
    method, path, _ = head.decode("ascii").split(" ", 2)
    return method, path.lstrip("/")


async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Play the fault that the path names."""
    _, path = await request(reader)
    await BY_PATH[path].play(Peer(reader, writer))


class Kept:
    """Connections that are kept between calls, and then are not there any more.

    The first path segment says what becomes of a connection behind its first answer: `close` and `reset` end it at
    once, `late-close` and `late-reset` when the next request has come, `silent` says no more; `slow` answers them all.
    """

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection."""
        peer = Peer(reader, writer)
        method, path = await request(reader)
        how = path.partition("/")[0]
        await self._answer(peer, method, path)
        if how == "seen":
            return
        if how.startswith("late"):
            method, path = await request(reader)
            self.seen[f"{method} {path}"] += 1
        while how == "slow":
            method, path = await request(reader)
            await self._answer(peer, method, path)
        if how == "silent":
            while True:
                method, path = await request(reader)
                self.seen[f"{method} {path}"] += 1
        if how.endswith("reset"):
            peer.reset()

    async def _answer(self, peer: Peer, method: str, path: str) -> None:
        self.seen[f"{method} {path}"] += 1
        if path.startswith("slow"):
            await asyncio.sleep(SLOW)
        await peer.send(sized(json.dumps(self.seen if path == "seen" else {}).encode()))


async def accept_close(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    """Close at once."""


async def reset_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reset at once."""
    Peer(reader, writer).reset()


async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Neither read nor write, and close when it is late."""
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.sleep(LATE)


async def drop_what_was_said(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reset in the middle of a handshake."""
    await reader.read(1)
    Peer(reader, writer).reset()


def says(data: bytes) -> Serve:
    """Say this, whatever was asked, and close."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Peer(reader, writer).send(data)
        await reader.read(1)

    return serve


async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Drip a handshake."""
    await Peer(reader, writer).drip(SERVER_HELLO + b"\0" * 0x4000)


def plays(path: str) -> Serve:
    """Play a fault of `BY_PATH`, over TLS."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        await BY_PATH[path].play(Peer(reader, writer))

    return serve


async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """End in the middle of a body, without TLS's goodbye."""
    await request(reader)
    peer = Peer(reader, writer)
    await peer.send(OK + b"Content-Length: 9\r\n\r\n{}")
    peer.reset()


async def redirects(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Lead to the same host, without TLS."""
    await request(reader)
    location = f"http://{HOST}:{PORTS['answers']}/json-ok".encode()
    await Peer(reader, writer).send(
        b"HTTP/1.1 307 Temporary Redirect\r\nLocation: %b\r\n" % location + b"Content-Length: 0\r\n\r\n"
    )


BARE: dict[str, Serve] = {
    "accept-close": accept_close,
    "accept-reset": reset_at_once,
    "accept-hang": hang,
    "greeting": says(b"220 mail.example ESMTP\r\n"),
    "tls-hang": hang,
    "tls-drip": drips,
    "tls-close": accept_close,
    "tls-reset": drop_what_was_said,
    "tls-plain": says(sized(b"{}")),
    "tls-alert": says(ALERT),
}
OVER_TLS: dict[str, Serve] = {
    "tls-good": plays("json-ok"),
    "tls-expired": plays("json-ok"),
    "tls-not-yet-valid": plays("json-ok"),
    "tls-wrong-name": plays("json-ok"),
    "tls-of-another-authority": plays("json-ok"),
    "tls-old": plays("json-ok"),
    "tls-hang-in-body": plays("hang-in-body"),
    "tls-drip-in-body": plays("drip-body"),
    "tls-endless": plays("endless-body"),
    "tls-cut": cut,
    "tls-redirect": redirects,
}


def contexts(folder: Path) -> dict[str, ssl.SSLContext]:
    """Make the TLS contexts, by the names of the faults."""
    authority, another, now = trustme.CA(), trustme.CA(), datetime.now(UTC)
    authority.cert_pem.write_to_path(str(folder / CERTIFICATE))
    certificates = dict.fromkeys(OVER_TLS, authority.issue_cert(HOST, "localhost")) | {
        "tls-expired": authority.issue_cert(HOST, not_after=now - timedelta(days=1)),
        "tls-not-yet-valid": authority.issue_cert(HOST, not_before=now + timedelta(days=1)),
        "tls-wrong-name": authority.issue_cert("other.example", "127.0.0.2"),
        "tls-of-another-authority": another.issue_cert(HOST),
    }
    made = {}
    for name, certificate in certificates.items():
        made[name] = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.configure_cert(made[name])
    made["tls-old"].set_ciphers("ALL:@SECLEVEL=0")
    made["tls-old"].minimum_version = ssl.TLSVersion.TLSv1
    made["tls-old"].maximum_version = ssl.TLSVersion.TLSv1
    return made


async def listen(serve: Serve, tls: ssl.SSLContext | None = None) -> int:
    """Listen on a port, and give it."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(connected, HOST, 0, ssl=tls, backlog=256)
    port: int = server.sockets[0].getsockname()[1]
    SERVERS.append(server)
    return port


async def main(folder: Path) -> None:
    """Serve until the process is ended."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, __: None)  # failed handshakes are what this is for
    PORTS.update({"answers": await listen(answers), "kept": await listen(Kept().serve)})
    PORTS.update({name: await listen(serve) for name, serve in BARE.items()})
    tls = contexts(folder)
    PORTS.update({name: await listen(serve, tls[name]) for name, serve in OVER_TLS.items()})
    with socket.socket() as unused:
        unused.bind((HOST, 0))  # and not listened on: a connection is refused
        PORTS["refused"] = unused.getsockname()[1]
        assert set(BY_PORT) <= set(PORTS)
        print(json.dumps(PORTS), flush=True)  # noqa: T201 - whoever started it reads the ports
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
