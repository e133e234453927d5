"""What both clients send and say alike."""

from dataclasses import replace

from fanin import __version__
from fanin.engine.call import Call, Request
from fanin.errors import AddressRefused, SourceUnavailable
from fanin.sources.body import ACCEPT_ENCODING

PATIENCE = 0.5
"""The share of a call's time after which a GET that is unanswered on a kept connection is made on a new one too."""

_DEFAULTS = (
    ("Accept", "application/json"),
    ("Accept-Encoding", ACCEPT_ENCODING),
    ("User-Agent", f"fanin/{__version__}"),
)


def wire_headers(request: Request) -> list[tuple[str, str]]:
    """Give a request's headers: the source's own, and fanin's where the source has none of the name."""
    defaults = (*_DEFAULTS, ("Content-Type", "application/json")) if request.body is not None else _DEFAULTS
    own = {name.lower() for name, _ in request.headers}
    kept = (header for header in defaults if header[0].lower() not in own)
    return [*kept, *request.headers, *request.validators]


def traced(call: Call) -> Request:
    """Give a call's request with the trace that it belongs to, if its source asks for it: each attempt has its own id.

    Here, and not where the request is made, so that no cache takes two requests for different ones.
    """
    if call.trace_context is None:
        return call.request
    return replace(call.request, headers=(*call.request.headers, *call.trace_context.headers()))


def unreachable(source: str) -> SourceUnavailable:
    """Make the error of a call that came to no whole response."""
    return SourceUnavailable(source, f"{source} cannot be reached, or broke off its answer")


def address_refused(source: str) -> AddressRefused:
    """Make the error of a call to an address that may not be reached."""
    return AddressRefused(source, f"the address of {source} is not public, and not on the allow-list")
