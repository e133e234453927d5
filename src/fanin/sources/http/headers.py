"""The headers that both clients send."""

from dataclasses import replace

from fanin import __version__
from fanin.engine.call import Call, Request
from fanin.sources.http.body import ACCEPT_ENCODING

_DEFAULTS = (
    ("Accept", "application/json"),
    ("Accept-Encoding", ACCEPT_ENCODING),
    ("User-Agent", f"fanin/{__version__}"),
)


def wire_headers(request: Request) -> list[tuple[str, str]]:
    """Give a request's headers: the source's own, and fanin's where the source has none of the name.

    No name is there twice, in whatever case: of two, the last one goes.
    """
    defaults = (*_DEFAULTS, ("Content-Type", "application/json")) if request.body is not None else _DEFAULTS
    own = {header[0].lower(): header for header in (*request.headers, *request.validators)}
    return [*(header for header in defaults if header[0].lower() not in own), *own.values()]


def traced(call: Call) -> Request:
    """Give a call's request with the trace that it belongs to, if its source asks for it: each attempt has its own id.

    Here, and not where the request is made, so that no cache takes two requests for different ones.
    """
    if call.trace_context is None:
        return call.request
    return replace(call.request, headers=(*call.request.headers, *call.trace_context.headers()))
