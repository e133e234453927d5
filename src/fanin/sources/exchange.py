"""One request and its whole response, asynchronously, over a transport of httpx's."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import httpx

from fanin.engine.call import Request, Response
from fanin.sources.body import Body
from fanin.sources.wire import wire_headers

BROKEN = (httpx.TransportError, httpx.InvalidURL, UnicodeError, OSError)
"""How it shows that a server cannot be reached or breaks off; UnicodeError: a label behind xn-- that is none."""


async def exchange(
    transport: httpx.AsyncBaseTransport,
    name: str,
    request: Request,
    *,
    max_bytes: int,
    extensions: Mapping[str, Any] = MappingProxyType({}),
) -> Response:
    """Send a request, and read its response whole.

    Args:
        transport: what it is sent over. Time is bounded by cancellation.
        name: what errors call the server.
        request: what is sent.
        max_bytes: the most bytes of the body, on the wire and decoded.
        extensions: what the transport is told beside the request.

    Raises:
        SourceTooLarge, SourceUndecodable: as `Body`.
        AddressForbidden: it has an address that may not be reached.
        Exception: one of `BROKEN`.
    """
    response = await transport.handle_async_request(
        httpx.Request(
            request.method,
            request.url,
            headers=wire_headers(request),
            content=request.body,
            extensions=dict(extensions),
        )
    )
    try:
        body = Body(name, response.headers.get("content-encoding", ""), max_bytes)
        async for chunk in response.stream:  # type: ignore[union-attr]
            body.feed(chunk)
    finally:
        await response.aclose()
    return Response(response.status_code, dict(response.headers), body.whole())
