"""The network as the tests of addresses have it: every connection is written down, and none leaves this machine."""

import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

type Answer = Sequence[str] | Callable[[], Sequence[str]]


@dataclass
class Network:
    """What was asked of it.

    Args:
        names: the addresses behind each name, or a function that gives them.
        routes: addresses and ports behind which there is a port of this machine; any other connection is refused.
        looked_up: names that were looked up, in their order.
        connected: addresses and ports that a connection was tried to, those that were let through included.
    """

    names: Mapping[str, Answer]
    routes: dict[tuple[str, int], int] = field(default_factory=dict)
    looked_up: list[str] = field(default_factory=list)
    connected: list[tuple[str, int]] = field(default_factory=list)


@contextmanager
def watched(network: Network) -> Iterator[Network]:
    """Put the network in place of the real one: `socket.connect` and `getaddrinfo`, which every client ends at."""
    real_connect, real_getaddrinfo = socket.socket.connect, socket.getaddrinfo

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            network.connected.append(address[:2])
            if address[:2] not in network.routes:
                raise ConnectionRefusedError
            address = ("127.0.0.1", network.routes[address[:2]])
        real_connect(self, address)

    def getaddrinfo(host: Any, port: Any, *_: Any, **__: Any) -> Any:
        """Read what the system takes for an address as it does, and names from the table; ask no server."""
        name = host.decode() if isinstance(host, bytes) else host
        network.looked_up.append(name)
        try:
            return real_getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            answer = network.names.get(name.rstrip(".").lower())
        if answer is None:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        addresses = answer() if callable(answer) else answer
        found = [
            real_getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
            for address in addresses
        ]
        return [info for each in found for info in each]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        patch.setattr(socket.socket, "connect_ex", connect)
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield network
