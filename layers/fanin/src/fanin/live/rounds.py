"""A round: a subject read once, and each part sent the moment that it is there."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from fanin.lambda_runtime import Invocation
from fanin.live.subject import Subject
from fanin.live.subscription import Subscription
from fanin.outcome import Json, Outcome

type Send = Callable[[str], Awaitable[None]]
"""Sends a message, after those before it; raises Gone where there is no client any more."""

logger = logging.getLogger("fanin")


class Gone(Exception):
    """The connection has ended, and nothing can be sent over it any more."""


async def run(
    subject: Subject, subscription: Subscription, send: Send, invocation: Invocation, *, again_in: float | None = None
) -> bool:
    """Read a subject, and send what the client has not seen, then `complete`.

    Args:
        subject: what is read; where the client is gone, reading ends.
        subscription: whose messages they are.
        send: sends them, in their order.
        invocation: the id under which the round is logged, and the moment at which reading must be over.
        again_in: seconds until the next round; None where this is the last.

    Returns:
        whether all went well; else the subscription has ended with a problem.

    Raises:
        Gone: the client is.
    """
    arrivals = asyncio.Queue[tuple[str, Outcome[Json]]]()
    reading = asyncio.create_task(subject.read(lambda *arrived: arrivals.put_nowait(arrived), invocation))
    reading.add_done_callback(lambda _: arrivals.shutdown())
    try:
        with contextlib.suppress(asyncio.QueueShutDown):
            while True:
                source, outcome = await arrivals.get()
                if message := subscription.arrived(source, outcome):
                    await send(message)
        await send(subscription.completed(await reading, again_in))
    except Gone:
        raise
    except Exception:
        logger.exception("internal error")
        await send(subscription.failed())
        return False
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    return True
