"""Jobs without AWS: a queue in this process, whose messages are worked off on its event loop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from fanin.engine.call import Sleep
from fanin.jobs.message import JobMessage
from fanin.jobs.run import Later
from fanin.jobs.store import JobsUnavailable

MAX_WAITING = 1000
"""Messages that wait or are worked off at once."""
LOOK_EVERY = 60.0
"""Seconds between two looks for what is due."""

logger = logging.getLogger("fanin")

type Work = Callable[[JobMessage], Awaitable[Later | None]]
"""Does what a message says; gives when it is to come again, or None where it is done with."""

type Look = Callable[[], Awaitable[object]]
"""Sends what is due and has no message that waits, as the minute rule does in AWS."""


class LocalQueue:
    """Messages of one process; they end with it, as the jobs of its memory do.

    Args:
        work: does what a message says.
        look: sends what is due, each minute from the first message on.
        sleep: waits.
        max_waiting: messages at once.
    """

    def __init__(self, work: Work, look: Look, *, sleep: Sleep = asyncio.sleep, max_waiting: int = MAX_WAITING) -> None:
        self._work = work
        self._look = look
        self._sleep = sleep
        self._max_waiting = max_waiting
        self._tasks: set[asyncio.Task[None]] = set()
        self._looking: asyncio.Task[None] | None = None

    async def send(self, message: JobMessage, *, delay: float = 0.0) -> None:
        """Have a message worked off, after a delay in seconds.

        Raises:
            JobsUnavailable: too many wait.
        """
        if len(self._tasks) >= self._max_waiting:
            raise JobsUnavailable(f"{self._max_waiting} messages wait")
        loop = asyncio.get_running_loop()
        self._looking = self._looking or loop.create_task(self._look_on())
        task = loop.create_task(self._work_off(message, delay))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def bury(self, message: JobMessage, reason: str) -> None:
        """Write a dead letter to the log: there is no other place for it."""
        logger.error("dead letter", extra={"letter": repr(message), "reason": reason})

    async def aclose(self) -> None:
        """End what is being worked off, and the looking."""
        ending = [*self._tasks, *([self._looking] if self._looking else [])]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def _look_on(self) -> None:
        while True:
            await self._sleep(LOOK_EVERY)
            try:
                await self._look()
            except Exception:
                logger.exception("what is due not looked for")

    async def _work_off(self, message: JobMessage, delay: float) -> None:
        again: Later | None = Later(delay)
        while again is not None:
            await self._sleep(again.seconds)
            try:
                again = await self._work(message)
            except Exception:
                logger.exception("message not worked off", extra={"letter": repr(message)})
                again = None
