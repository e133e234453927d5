"""That a client goes away while it is answered, and what becomes then of a request that changes something."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import Request
from starlette.types import Receive

from fanin.engine.aggregation import Aggregation


@asynccontextmanager
async def heeding_departure(request: Request, aggregation: Aggregation) -> AsyncIterator[None]:
    """Begin no write any more once the client has gone, which only servers hear of: Lambda's clients never go.

    Args:
        request: the client's request, whose body has been read.
        aggregation: what runs for it.
    """
    waiting = asyncio.create_task(_abandoned(request, aggregation))
    try:
        yield
    finally:
        waiting.cancel()
        with suppress(asyncio.CancelledError):
            await waiting


async def _abandoned(request: Request, aggregation: Aggregation) -> None:
    await departed(request.receive)
    aggregation.abandon()


async def departed(receive: Receive) -> None:
    """Wait until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
