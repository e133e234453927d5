"""Sockets whose operations end with the call's time: each first sets its timeout to what is left."""

import select
import socket
import ssl
from collections.abc import Sequence
from typing import Any

from fanin.sources.blocking.bounds import bounds


class BoundedSocket(socket.socket):
    """A socket whose operations end with the call's time."""

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """Read into a buffer."""
        self.settimeout(bounds().left())
        return super().recv_into(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        """Send all."""
        self.settimeout(bounds().left())
        super().sendall(*args, **kwargs)


class BoundedTlsSocket(ssl.SSLSocket):
    """A TLS socket whose operations, the handshake among them, end with the call's time."""

    def do_handshake(self, *args: Any) -> None:
        """Shake hands."""
        self.settimeout(bounds().left())
        super().do_handshake(*args)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """Read into a buffer."""
        self.settimeout(bounds().left())
        return super().recv_into(*args, **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> int:  # what sendall is made of: one record after another
        """Send what goes."""
        self.settimeout(bounds().left())
        return super().send(*args, **kwargs)


def connect(host: str, port: int) -> BoundedSocket:
    """Connect to a name's first address that answers, every one of them permitted.

    Raises:
        AddressForbidden: one of the addresses is not permitted.
        OSError: none answers, or not in time.
    """
    within = bounds()
    refused: OSError | None = None
    for address in within.resolver.resolve(host.strip("[]"), port).result(within.left()):
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        connection = BoundedSocket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(within.left())
            connection.connect((str(address), port))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        except OSError as error:
            connection.close()
            refused = error
    raise refused or OSError("no address")


def first_to_speak(sockets: Sequence[socket.socket], seconds: float) -> socket.socket | None:
    """Wait until one of the sockets has something to read, or has ended; None if none does in time."""
    poll = select.poll()
    for each in sockets:
        poll.register(each, select.POLLIN)
    ready = {number for number, _ in poll.poll(seconds * 1000)}
    return next((each for each in sockets if each.fileno() in ready), None)
