"""The fetch of an HTTP API, asynchronously, over a transport of httpx's.

The transport is called without httpx's client around it: what that adds, cookies kept between requests, redirects,
authentication from the environment, is what a fetch must not do.
"""

import asyncio

from fanin.engine.call import Call, Fetch, Request, Response
from fanin.engine.outcome import Outcome
from fanin.engine.timeouts import time_allowed
from fanin.sources.http.failures import address_refused, unreachable
from fanin.sources.http.headers import traced
from fanin.sources.http.loop.client import BROKEN, AsyncTransport, exchange
from fanin.sources.http.redirect import redirected
from fanin.sources.http.repeatable import SECOND_CONNECTION_AFTER
from fanin.sources.resolve import AddressForbidden


def http_fetch(transport: AsyncTransport) -> Fetch:
    """Make the fetch of a source.

    Args:
        transport: what the source's connections are kept in; its owner closes it. It need not bound time: the
            timeout policy does, by cancellation.
    """

    async def fetch(call: Call) -> Outcome[Response]:
        response = await ask(call, request := traced(call))
        for _ in range(call.source.redirects):
            if (further := redirected(request, response)) is None:
                break
            response = await ask(call, request := further)
        return Outcome(response)

    async def ask(call: Call, request: Request) -> Response:
        name = call.source.name
        patience = SECOND_CONNECTION_AFTER * time_allowed(call, asyncio.get_running_loop().time())
        try:
            return await exchange(transport, name, request, max_bytes=call.source.max_bytes, patience=patience)
        except AddressForbidden as error:
            raise address_refused(name) from error
        except BROKEN as error:
            raise unreachable(name) from error

    return fetch
