"""From an origin to a connected socket, by way of addresses that the guard has checked."""

import socket
import ssl

from fanin.sources.bounds import Bounds
from fanin.sources.http.failures import CannotConnect
from fanin.sources.http.request import Way
from fanin.sources.resolve import Resolver


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
        connected = _connect(host, port, resolver, within)
        return _secured(connected, host, way.tls, within) if scheme == "https" else connected
    except TimeoutError:
        raise
    except (OSError, ValueError) as error:  # a host that no certificate can name is a ValueError
        raise CannotConnect(str(error)) from error


def _connect(host: str, port: int, resolver: Resolver, within: Bounds) -> socket.socket:
    refused = OSError("no address")
    for address in resolver.resolve(host, port).result(within.left()):
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        connecting = socket.socket(family, socket.SOCK_STREAM)
        try:
            connecting.settimeout(within.left())
            connecting.connect((str(address), port))
            connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connecting
        except OSError as error:
            connecting.close()
            refused = error
    raise refused


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
