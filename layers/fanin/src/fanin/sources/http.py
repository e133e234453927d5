"""The fetch of an HTTP API, asynchronously, over a transport of httpx's.

The transport is called without httpx's client around it: what that adds, cookies kept between requests, redirects,
authentication from the environment, is what a fetch must not do.
"""

import httpx

from fanin.outcome import Outcome
from fanin.pipeline import Call, Fetch, Response
from fanin.sources.body import Body
from fanin.sources.resolve import AddressForbidden
from fanin.sources.wire import address_refused, unreachable, wire_headers


def http_fetch(transport: httpx.AsyncBaseTransport) -> Fetch:
    """Make the fetch of a source.

    Args:
        transport: what the source's connections are kept in; its owner closes it. It need not bound time: the
            timeout policy does, by cancellation.
    """

    async def fetch(call: Call) -> Outcome[Response]:
        name = call.source.name
        try:
            response = await transport.handle_async_request(_request(call))
            try:
                body = Body(name, response.headers.get("content-encoding", ""), call.source.max_bytes)
                async for chunk in response.stream:  # type: ignore[union-attr]
                    body.feed(chunk)
            finally:
                await response.aclose()
        except AddressForbidden as error:
            raise address_refused(name) from error
        except (httpx.TransportError, httpx.InvalidURL, OSError) as error:
            raise unreachable(name) from error
        return Outcome(Response(response.status_code, dict(response.headers), body.whole()))

    return fetch


def _request(call: Call) -> httpx.Request:
    request = call.request
    return httpx.Request(request.method, request.url, headers=wire_headers(request), content=request.body)
