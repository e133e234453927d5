"""How a callback reaches whom a client named: through the guard, within a bounded time, redirects not followed."""

import asyncio

from fanin.engine.call import Request
from fanin.errors import FaninError, SourceError
from fanin.jobs.callback import Post
from fanin.sources.http.failures import what_broke
from fanin.sources.http.loop.client import BROKEN, AsyncTransport, exchange
from fanin.sources.resolve import AddressForbidden

TIMEOUT = 15.0
"""Seconds in which a receiver has to answer; Standard Webhooks asks for 15 to 30."""
_MAX_ANSWER = 65_536
"""Bytes of an answer, of which the status alone counts."""


class NotReached(FaninError):
    """The receiver did not answer in time, cannot be reached, or may not be."""


def webhook_client(transport: AsyncTransport) -> Post:
    """Make what sends callbacks.

    Args:
        transport: what they are sent over; its guard says which addresses may be reached.
    """

    async def post(request: Request) -> int:
        try:
            async with asyncio.timeout(TIMEOUT):
                return (await exchange(transport, "the callback", request, max_bytes=_MAX_ANSWER)).status
        except TimeoutError as error:
            raise NotReached(f"no answer within {TIMEOUT:g} s") from error
        except AddressForbidden as error:
            raise NotReached("its address is not public, and not on the allow-list") from error
        except BROKEN as error:
            raise NotReached(what_broke(error)) from error
        except SourceError as error:
            raise NotReached(error.detail) from error

    return post
