"""What the minute rule sees to: answers of sources with `refresh`, whose time has come."""

import logging
from collections.abc import Awaitable, Callable, Mapping

from fanin.config import Source
from fanin.errors import StoreUnavailable
from fanin.stores.warm import WANTED_FOR, Wanted, Warm
from fanin.worker.task import Task, TaskRefused

MOST = 500
"""Answers that one minute sees to; the next sees to the others."""

logger = logging.getLogger("fanin")

type SendTask = Callable[[Task], Awaitable[bool]]
"""Hands a task over; False where the queue did not take it."""


async def refresh_due(wanted: Wanted, sources: Mapping[str, Source], send: SendTask, now: Callable[[], float]) -> int:
    """Have refreshed what is due, as fanin.toml says it now.

    Each time that something is due is taken by one condition, so that of runs which overlap one sends. A time that was
    taken and not sent is lost, and the next comes. What nobody asked for in a day is left to grow cold, and so is what
    belongs to a source that has no `refresh` any more.

    Returns:
        how many tasks were sent.
    """
    sent = 0
    try:
        for warm in await wanted.due(now(), MOST):
            due = _next(warm, sources, now())
            if await wanted.move(warm, due) and due is not None:
                sent += await send(Task.decode(warm.task))
    except (StoreUnavailable, TaskRefused):
        logger.warning("not all that was due was seen to", exc_info=True)
    logger.info("minute", extra={"refreshes": sent})
    return sent


def _next(warm: Warm, sources: Mapping[str, Source], now: float) -> float | None:
    """Say when an answer is due again; None where it is not kept warm any more."""
    source = sources.get(warm.source)
    if source is None or source.refresh is None or source.cache is None or warm.asked + WANTED_FOR < now:
        return None
    return now + source.refresh
