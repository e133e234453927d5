"""How an issuer is asked on an event loop: through the guard, within a bounded time, redirects not followed."""

import asyncio

from fanin.callers.jwt.key_set import MAX_BYTES
from fanin.config.units import spelled
from fanin.credentials.flows.carry import AsyncSend
from fanin.engine.call import Request, Response
from fanin.errors import SourceTimeout
from fanin.sources.http.failures import address_refused, unreachable
from fanin.sources.http.loop.client import BROKEN, AsyncTransport, exchange
from fanin.sources.resolve import AddressForbidden

TIMEOUT = 3.0
"""Seconds in which an issuer has to answer a request."""
_NAME = "the issuer"


def issuer_client(transport: AsyncTransport, timeout: float = TIMEOUT) -> AsyncSend:
    """Make what asks an issuer.

    Args:
        transport: what requests are sent over; its guard says which addresses may be reached.
        timeout: seconds that a request may take.
    """

    async def send(request: Request) -> Response:
        try:
            async with asyncio.timeout(timeout):
                return await exchange(transport, _NAME, request, max_bytes=MAX_BYTES)
        except TimeoutError as error:
            raise SourceTimeout(_NAME, f"{_NAME} did not answer within {spelled(timeout)}") from error
        except AddressForbidden as error:
            raise address_refused(_NAME) from error
        except BROKEN as error:
            raise unreachable(_NAME) from error

    return send
