"""Name resolution: once for a connection, each name in a thread of its own, every answer checked.

The system's look-up can hang, and cannot be ended. So no name waits for another's thread, however many hang; a name
that is being looked up is not looked up a second time, and no thread stays when its look-up has ended.
"""

import asyncio
import socket
from concurrent.futures import Future
from ipaddress import ip_address
from threading import Lock, Thread

from fanin.sources.address import Address, AddressGuard

MAX_LOOK_UPS = 256
"""Names that are looked up at once: as many as an endpoint has sources. Lambda ends a function at 1,024 threads."""

STAGGER = 0.25
"""Seconds until the next address is tried while the one before has not answered (RFC 8305, section 5)."""


class AddressForbidden(Exception):
    """A name has an address that may not be reached."""


class Resolver:
    """Gives the addresses behind a name, all of them permitted.

    Args:
        guard: the check of each address.
        private: whether the sources say that they are private.
    """

    def __init__(self, guard: AddressGuard, *, private: bool = False) -> None:
        self._guard = guard
        self._private = private
        self._under_way: dict[tuple[str, int], Future[list[Address]]] = {}
        self._lock = Lock()

    def resolve(self, host: str, port: int) -> Future[list[Address]]:
        """Look a name up, or take an IP address as it is.

        Args:
            host: a name, or an IPv4 or IPv6 address without brackets.
            port: the port to connect to.

        Returns:
            the addresses, best first, once they are there. Waiting is the caller's to bound; giving up does not end
            the look-up. It fails with AddressForbidden if any address may not be reached, and with OSError if there
            is none.
        """
        try:
            literal = ip_address(host)
        except ValueError:
            return self._looked_up(host, port)
        future: Future[list[Address]] = Future()
        try:
            future.set_result(self._permitted([literal], port))
        except AddressForbidden as error:
            future.set_exception(error)
        return future

    async def resolve_async(self, host: str, port: int) -> list[Address]:
        """Do the same for a task; to cancel it does not end the look-up, which others may wait for.

        Raises:
            AddressForbidden: any address may not be reached.
            OSError: there is none.
        """
        return await asyncio.shield(asyncio.wrap_future(self.resolve(host, port)))

    def _looked_up(self, host: str, port: int) -> Future[list[Address]]:
        key = (host, port)
        with self._lock:
            if key in self._under_way:
                return self._under_way[key]
            future: Future[list[Address]] = Future()
            if len(self._under_way) >= MAX_LOOK_UPS:
                future.set_exception(OSError("too many names are being looked up"))
                return future
            self._under_way[key] = future
        try:
            Thread(target=self._look_up, args=(key, future), name=f"resolve {host}", daemon=True).start()
        except RuntimeError:  # the system has no thread to give
            self._done(key)
            future.set_exception(OSError("no thread to look a name up in"))
        return future

    def _look_up(self, key: tuple[str, int], future: Future[list[Address]]) -> None:
        try:
            addresses = self._addresses(*key)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is those who wait who must have it
            self._done(key)
            future.set_exception(error)
        else:
            self._done(key)
            future.set_result(addresses)

    def _done(self, key: tuple[str, int]) -> None:
        with self._lock:
            del self._under_way[key]

    def _addresses(self, host: str, port: int) -> list[Address]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError as error:
            raise OSError("not a name") from error
        return self._permitted([ip_address(info[4][0]) for info in found], port)

    def _permitted(self, addresses: list[Address], port: int) -> list[Address]:
        """Refuse all if any is refused: a name that answers with both means no good."""
        if not all(self._guard.permits(address, port, private=self._private) for address in addresses):
            raise AddressForbidden
        return list(dict.fromkeys(addresses))
