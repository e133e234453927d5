"""What can go wrong between a request and its whole answer."""

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


def unreachable(source: str) -> SourceUnavailable:
    """Make the error of a call that came to no whole response."""
    return SourceUnavailable(source, f"{source} cannot be reached, or broke off its answer")


def address_refused(source: str) -> AddressRefused:
    """Make the error of a call to an address that may not be reached."""
    return AddressRefused(source, f"the address of {source} is not public, and not on the allow-list")
