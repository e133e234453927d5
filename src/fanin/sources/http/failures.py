"""What can go wrong between a request and its whole answer."""

import socket
import ssl
from collections.abc import Iterator
from typing import Final

from fanin.errors import AddressRefused, SourceUnavailable


class Broken(Exception):
    """A request came to no whole answer."""


class BadRequest(Broken):
    """The request cannot be written: nothing was sent."""


class CannotConnect(Broken):
    """No address accepts a connection, or TLS fails."""


class ClosedUnanswered(Broken):
    """The connection ended before a single byte of the answer."""


class CutShort(Broken):
    """The connection ended in the middle of the answer."""


class Malformed(Broken):
    """It is no answer as RFC 9112 has them, or can be read in more than one way."""


class TooMuch(Malformed):
    """What carries no body, such as headers, trailers or chunk sizes, is over its limit."""


_CLOSED: Final = "closed the connection before its answer was whole"
_SAID: Final = {
    ClosedUnanswered: _CLOSED,
    CutShort: _CLOSED,
    Malformed: "answered with invalid HTTP: {}",
    BadRequest: "cannot be asked: {}",
    ssl.SSLEOFError: "cannot be reached",
    ssl.SSLError: "cannot be reached: it makes no TLS connection",
    socket.gaierror: "cannot be reached: its name is not found",
}
"""What an error says of the other end, by its kind. An end in the middle of a handshake may be a reset instead."""
_OF_CERTIFICATES: Final = {10: "has expired", 62: "is for another host", 64: "is for another host"}
"""What is wrong with a certificate, by OpenSSL's X509_V_ERR_CERT_HAS_EXPIRED, _HOSTNAME_MISMATCH and
_IP_ADDRESS_MISMATCH."""


def what_broke(error: BaseException) -> str:
    """Say what the other end did in a call that came to no whole answer.

    Clients read it, so it names no address. Both HTTP clients say the same of the same fault, whatever they raise.

    Args:
        error: what a client raised; what led to it is looked through for an error that is known.
    """
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"cannot be reached: its certificate {_OF_CERTIFICATES.get(cause.verify_code, 'is not trusted')}"
        for kind, said in _SAID.items():
            if isinstance(cause, kind):
                return said.format(cause)
    return "cannot be reached"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def unreachable(source: str, error: BaseException) -> SourceUnavailable:
    """Make the error of a call that came to no whole response.

    Args:
        source: its name.
        error: what the client raised.
    """
    return SourceUnavailable(source, f"{source} {what_broke(error)}")


def address_refused(source: str) -> AddressRefused:
    """Make the error of a call to an address that may not be reached."""
    return AddressRefused(source, f"the address of {source} is not public, and not on the allow-list")
