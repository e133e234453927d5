"""From a host name to a connected socket, by way of addresses that somebody has checked."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection, Sequence
from ipaddress import IPv4Address, IPv6Address

from fanin.sources.resolve import STAGGER

type IPAddress = IPv4Address | IPv6Address
type Resolve = Callable[[str, int], Awaitable[Sequence[IPAddress]]]
"""Turns host (a name, or an address as written in the URL) and port into the addresses that may be connected to, best
first. Whatever it raises reaches the caller of the transport unchanged: this is where an address is refused."""


async def dial(addresses: Sequence[IPAddress], port: int) -> socket.socket:
    """Return a socket connected to the first of `addresses` that accepts; no other socket or task is left behind.

    Raises:
        OSError: none accepts.
    """
    if len(addresses) == 1:
        return await _connect(addresses[0], port)
    waiting = list(reversed(addresses))
    attempts: set[asyncio.Task[socket.socket]] = set()
    failure: OSError = OSError("no address to connect to")
    connected: socket.socket | None = None
    try:
        while waiting or attempts:
            if waiting:
                attempts.add(asyncio.create_task(_connect(waiting.pop(), port)))
            done, _ = await asyncio.wait(
                attempts, timeout=STAGGER if waiting else None, return_when=asyncio.FIRST_COMPLETED
            )
            for attempt in done:
                attempts.discard(attempt)
                try:
                    connected = attempt.result()
                    return connected
                except OSError as error:
                    failure = error
        raise failure
    finally:
        try:
            await discard(attempts, socket.socket.close)
        except BaseException:
            if connected is not None:
                connected.close()
            raise


async def _connect(address: IPAddress, port: int) -> socket.socket:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    connecting = socket.socket(family, socket.SOCK_STREAM)
    try:
        connecting.setblocking(False)  # noqa: FBT003 - its only name is flag
        await asyncio.get_running_loop().sock_connect(connecting, (str(address), port))
    except BaseException:
        connecting.close()
        raise
    return connecting


async def discard[Made](tasks: Collection[asyncio.Task[Made]], drop: Callable[[Made], None]) -> None:
    """Cancel tasks, and wait until they have ended.

    Args:
        tasks: the tasks.
        drop: ends what one of them has made all the same, be this cancelled or not.
    """

    def dropped(ended: asyncio.Task[Made]) -> None:
        if not ended.cancelled() and ended.exception() is None:
            drop(ended.result())

    for task in tasks:
        if task.done():
            dropped(task)
        else:
            task.cancel()
            task.add_done_callback(dropped)
    if tasks:
        await asyncio.wait(tasks)
