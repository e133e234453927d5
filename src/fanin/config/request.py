"""What a source is asked."""

from collections.abc import Callable
from dataclasses import field
from typing import TYPE_CHECKING

from fanin.config.record import record
from fanin.config.template import Values

if TYPE_CHECKING:
    from ssl import SSLContext


@record
class Request:
    """What goes over the wire for a call.

    Args:
        method: that of HTTP; `SQL` for a database.
        url: the whole URL, percent-encoded.
        headers: the source's own headers, and those of the client that are handed on.
        body: the bytes, such as JSON or a form; None without a body.
        validators: headers that ask whether an answer from before still holds (RFC 9110, section 13.1).
        open: puts secrets' values where the request has the references to them; None where it has none. What policies
            see, keep and write down is the request with the references; only what goes over the wire has the values.
        tls: the source's own TLS context; None where the connection is made as to any other source.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    validators: tuple[tuple[str, str], ...] = ()
    open: "Open | None" = field(default=None, compare=False, repr=False)
    tls: "SSLContext | None" = field(default=None, compare=False, repr=False)


type Open = Callable[[Request, Values], Request]
"""Gives a request with secrets' values in place of the references to them; headers that were added to it stay."""

NO_REQUEST = Request(method="", url="")
"""Of a source that is not called."""
