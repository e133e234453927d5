"""A round: a subject read once, and each part sent the moment that it is there."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from fanin.contract import problems
from fanin.engine.invocation import Invocation
from fanin.entrypoints.websocket.subject import Subject
from fanin.entrypoints.websocket.subscription import Part, Subscription
from fanin.errors import RequestError

type SendText = Callable[[str], Awaitable[None]]
"""Sends a message, after those before it; raises Gone where there is no client any more."""

logger = logging.getLogger("fanin")


class Gone(Exception):
    """The connection has ended, and nothing can be sent over it any more."""


async def run(
    subject: Subject,
    subscription: Subscription,
    send: SendText,
    invocation: Invocation,
    *,
    again_in: float | None = None,
) -> bool:
    """Read a subject, and send what the client has not seen, then `complete`.

    Args:
        subject: what is read; where the client is gone, reading ends.
        subscription: whose messages they are.
        send: sends them, in their order.
        invocation: the id under which the round is logged, and the moment at which reading must be over.
        again_in: seconds until the next round; None where this is the last.

    Returns:
        whether there is more to come; else the subscription has ended, well or with a problem.

    Raises:
        Gone: the client is.
    """
    arrivals = asyncio.Queue[tuple[str, Part]]()
    reading = asyncio.create_task(subject.read(lambda *arrived: arrivals.put_nowait(arrived), invocation))
    reading.add_done_callback(lambda _: arrivals.shutdown())
    try:
        with contextlib.suppress(asyncio.QueueShutDown):
            while True:
                if message := subscription.arrived(*await arrivals.get()):
                    await send(message)
        ending = await reading
        await send(subscription.completed(ending, again_in))
    except Gone:
        raise
    except RequestError as error:
        await send(subscription.ended(problems.request_problem(error)))
        return False
    except Exception:
        logger.exception("internal error")
        await send(subscription.ended(problems.internal_problem()))
        return False
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    return not ending.over
