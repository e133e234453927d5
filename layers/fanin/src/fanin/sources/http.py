"""The fetch of an HTTP API, asynchronously, over a transport of httpx's.

The transport is called without httpx's client around it: what that adds, cookies kept between requests, redirects,
authentication from the environment, is what a fetch must not do.
"""

import asyncio

import httpx

from fanin.outcome import Outcome
from fanin.pipeline import Call, Fetch, Request, Response
from fanin.policies.timeout import time_allowed
from fanin.sources.body import Body
from fanin.sources.redirect import redirected
from fanin.sources.resolve import AddressForbidden
from fanin.sources.wire import PATIENCE, address_refused, unreachable, wire_headers


def http_fetch(transport: httpx.AsyncBaseTransport) -> Fetch:
    """Make the fetch of a source.

    Args:
        transport: what the source's connections are kept in; its owner closes it. It need not bound time: the
            timeout policy does, by cancellation.
    """

    async def fetch(call: Call) -> Outcome[Response]:
        response = await exchange(call, request := call.request)
        for _ in range(call.source.redirects):
            if (further := redirected(request, response)) is None:
                break
            response = await exchange(call, request := further)
        return Outcome(response)

    async def exchange(call: Call, request: Request) -> Response:
        name = call.source.name
        try:
            response = await transport.handle_async_request(_request(call, request))
            try:
                body = Body(name, response.headers.get("content-encoding", ""), call.source.max_bytes)
                async for chunk in response.stream:  # type: ignore[union-attr]
                    body.feed(chunk)
            finally:
                await response.aclose()
        except AddressForbidden as error:
            raise address_refused(name) from error
        # UnicodeError: a label behind xn-- that is none.
        except (httpx.TransportError, httpx.InvalidURL, UnicodeError, OSError) as error:
            raise unreachable(name) from error
        return Response(response.status_code, dict(response.headers), body.whole())

    return fetch


def _request(call: Call, request: Request) -> httpx.Request:
    patience = PATIENCE * time_allowed(call, asyncio.get_running_loop().time())
    return httpx.Request(
        request.method,
        request.url,
        headers=wire_headers(request),
        content=request.body,
        extensions={"patience": patience},
    )
