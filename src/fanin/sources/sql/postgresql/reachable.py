"""Which addresses of a host the drivers are given: they try one after another, each for all the time that they have."""

import socket
from collections.abc import Sequence
from ipaddress import ip_address

from fanin.sources.address import Address


def from_first(addresses: Sequence[Address], connected: socket.socket) -> Sequence[Address]:
    """Leave out the addresses before the first that accepts connections: they refuse, or do not answer.

    Args:
        addresses: of the host, best first.
        connected: a connection to one of them, which is closed: the drivers take none that was made before.
    """
    with connected:
        peer = ip_address(connected.getpeername()[0])
    return addresses[addresses.index(peer) :] if peer in addresses else addresses
