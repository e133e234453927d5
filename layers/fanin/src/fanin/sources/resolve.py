"""Name resolution: once for a connection, in threads of its own, every answer checked.

The threads are few and apart from all others, so that hanging look-ups hold up nothing but names that hang; a name
that is being looked up is not looked up a second time.
"""

import asyncio
import socket
from concurrent.futures import Future, ThreadPoolExecutor
from ipaddress import ip_address
from threading import Lock

from fanin.sources.address import Address, AddressGuard

_THREADS = 16


class AddressForbidden(Exception):
    """A name has an address that may not be reached."""


class Resolver:
    """Gives the addresses behind a name, all of them permitted.

    Args:
        guard: the check of each address.
    """

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="resolve")
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

    def close(self) -> None:
        """End the threads that wait for nothing."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _looked_up(self, host: str, port: int) -> Future[list[Address]]:
        key = (host, port)
        with self._lock:
            if key in self._under_way:
                return self._under_way[key]
            future = self._under_way[key] = self._pool.submit(self._look_up, host, port)
        future.add_done_callback(lambda _: self._under_way.pop(key, None))
        return future

    def _look_up(self, host: str, port: int) -> list[Address]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except UnicodeError as error:
            raise OSError("not a name") from error
        return self._permitted([ip_address(info[4][0]) for info in found], port)

    def _permitted(self, addresses: list[Address], port: int) -> list[Address]:
        """Refuse all if any is refused: a name that answers with both means no good."""
        if not all(self._guard.permits(address, port) for address in addresses):
            raise AddressForbidden
        return list(dict.fromkeys(addresses))
