"""How questions about callers reach servers that are no sources, on an event loop: through the guard, within bounds."""

import asyncio

from fanin.callers.bounds import MAX_ANSWER, SERVER, TIMEOUT
from fanin.credentials.flows.carry import AsyncSend
from fanin.engine.call import Request, Response
from fanin.errors import SourceTimeout
from fanin.sources.http.failures import address_refused, unreachable
from fanin.sources.http.loop.client import BROKEN, AsyncTransport, exchange
from fanin.sources.http.repeatable import SECOND_CONNECTION_AFTER
from fanin.sources.resolve import AddressForbidden


def sender(transport: AsyncTransport) -> AsyncSend:
    """Make what sends requests; it follows no redirect, and raises SourceError where there is no whole answer.

    Args:
        transport: what they are sent over; its guard says which addresses may be reached.
    """

    async def send(request: Request) -> Response:
        try:
            async with asyncio.timeout(TIMEOUT):
                patience = TIMEOUT * SECOND_CONNECTION_AFTER
                return await exchange(transport, SERVER, request, max_bytes=MAX_ANSWER, patience=patience)
        except TimeoutError as error:
            raise SourceTimeout(SERVER, f"{SERVER} did not answer within {TIMEOUT:g} s") from error
        except AddressForbidden as error:
            raise address_refused(SERVER) from error
        except BROKEN as error:
            raise unreachable(SERVER, error) from error

    return send
