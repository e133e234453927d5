"""Jobs without AWS: a queue in this process, whose messages are worked off on its event loop."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from fanin.engine.call import Sleep
from fanin.jobs.message import JobMessage
from fanin.jobs.queue import QueuedMessages, message_in
from fanin.jobs.run import Postponed
from fanin.stores.memory.queue import MAX_WAITING, MemoryQueue
from fanin.stores.queue import NO_ATTRIBUTES
from fanin.worker.task import Task

LOOK_EVERY = 60.0
"""Seconds between two looks for what is due."""

logger = logging.getLogger("fanin")

type Work = Callable[[JobMessage], Awaitable[Postponed | None]]
"""Does what a message says; gives when it is to come again, or None where it is done with."""

type Look = Callable[[], Awaitable[object]]
"""Sends what is due and has no message that waits, as the minute rule does in AWS."""


class LocalQueue(QueuedMessages):
    """Messages of one process; they end with it, as the jobs of its memory do.

    Args:
        work: does what a message says.
        look: sends what is due, each minute from the first message on.
        sleep: waits.
        max_waiting: messages at once.
    """

    def __init__(self, work: Work, look: Look, *, sleep: Sleep = asyncio.sleep, max_waiting: int = MAX_WAITING) -> None:
        self._look = look
        self._sleep = sleep
        self._looking: asyncio.Task[None] | None = None

        async def deliver(body: str, attributes: Mapping[str, str]) -> float | None:  # noqa: ARG001 - they have none
            later = await work(message_in(Task.decode(body)))
            return later.seconds if later else None

        self._messages = MemoryQueue(deliver, sleep=sleep, max_waiting=max_waiting)
        super().__init__(self._messages, _Log())

    async def send(self, message: JobMessage, *, delay: float = 0.0) -> None:
        """Have a message worked off, after a delay in seconds.

        Raises:
            StoreThrottled: too many wait.
        """
        await super().send(message, delay=delay)
        self._looking = self._looking or asyncio.get_running_loop().create_task(self._look_on())

    async def aclose(self) -> None:
        """End what is being worked off, and the looking."""
        if self._looking:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await self._messages.aclose()

    async def _look_on(self) -> None:
        while True:
            await self._sleep(LOOK_EVERY)
            try:
                await self._look()
            except Exception:
                logger.exception("what is due not looked for")


class _Log:
    """Dead letters in the log: there is no other place for them."""

    async def send(self, body: str, *, delay: float = 0.0, attributes: Mapping[str, str] = NO_ATTRIBUTES) -> None:  # noqa: ARG002 - a dead letter waits for nothing
        logger.error("dead letter", extra={"letter": body, "reason": attributes.get("reason", "")})
