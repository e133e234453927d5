"""From an origin to a connected socket, by way of addresses that the guard has checked."""

import os
import select
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress

from fanin.sources.address import Address
from fanin.sources.bounds import Bounds
from fanin.sources.http.failures import CannotConnect
from fanin.sources.http.request import Way
from fanin.sources.resolve import STAGGER, Resolver


def dial(way: Way, resolver: Resolver, within: Bounds) -> socket.socket:
    """Connect to the first address of a host that accepts, and shake hands where it speaks TLS.

    Args:
        way: where to, and the context of TLS; certificates are checked against the host, whatever the address.
        resolver: gives the addresses behind its host, every one of them permitted.
        within: what the call is held to.

    Raises:
        AddressForbidden: one of the addresses is not permitted.
        CannotConnect: none accepts, or TLS fails.
        TimeoutError: the call's time is over.
    """
    scheme, host, port = way.origin
    try:
        connected = connect(resolver.resolve(host, port).result(within.left()), port, within)
        return _secured(connected, host, way.tls, within) if scheme == "https" else connected
    except TimeoutError:
        raise
    except (OSError, ValueError) as error:  # a host that no certificate can name is a ValueError
        raise CannotConnect(str(error)) from error


def connect(addresses: Sequence[Address], port: int, within: Bounds) -> socket.socket:
    """Connect to the first address that accepts; the next is tried, too, while the one before has not answered.

    Raises:
        OSError: none accepts.
        TimeoutError: the call's time is over.
    """
    waiting = list(reversed(addresses))
    refused, poll, begun = OSError("no address"), select.poll(), dict[int, socket.socket]()
    try:
        while waiting or begun:
            if waiting:
                try:
                    one = _begun(waiting.pop(), port)
                except OSError as error:
                    refused = error
                    continue
                begun[one.fileno()] = one
                poll.register(one, select.POLLOUT)
            left = within.left()
            for number, _ in poll.poll(1000 * (min(STAGGER, left) if waiting else left)):
                poll.unregister(number)
                one = begun.pop(number)
                if not (status := one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)):
                    return one
                one.close()
                refused = OSError(status, os.strerror(status))
        raise refused
    finally:
        for one in begun.values():
            one.close()


def _begun(address: Address, port: int) -> socket.socket:
    """Begin to connect, and wait for nothing."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    connecting = socket.socket(family, socket.SOCK_STREAM)
    try:
        connecting.setblocking(False)  # noqa: FBT003 - its only name is flag
        connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(BlockingIOError):
            connecting.connect((str(address), port))
    except BaseException:
        connecting.close()
        raise
    return connecting


def _secured(connected: socket.socket, host: str, tls: ssl.SSLContext, within: Bounds) -> socket.socket:
    try:
        secured = tls.wrap_socket(connected, server_hostname=host.rstrip("."), do_handshake_on_connect=False)
    except BaseException:
        connected.close()
        raise
    try:
        secured.settimeout(within.left())
        secured.do_handshake()
    except BaseException:
        secured.close()
        raise
    return secured
