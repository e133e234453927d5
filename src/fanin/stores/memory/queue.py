"""A queue in memory, whose messages are worked off on the event loop of their process."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from fanin.engine.call import Sleep
from fanin.stores.bounds import MAX_DELAY, MAX_MESSAGE
from fanin.stores.errors import StoreThrottled, StoreTooLarge
from fanin.stores.queue import NO_ATTRIBUTES, printable, size_of

MAX_WAITING = 1000
"""Messages that wait or are worked off at once."""

logger = logging.getLogger("fanin")

type Work = Callable[[str, Mapping[str, str]], Awaitable[float | None]]
"""Does what a message says; gives the seconds after which it is to come again, or None where it is done with."""


class MemoryQueue:
    """A `Queue` of one process; its messages end with it.

    Args:
        work: does what a message says, given its body and its attributes.
        sleep: waits.
        max_waiting: messages at once.
    """

    def __init__(self, work: Work, *, sleep: Sleep = asyncio.sleep, max_waiting: int = MAX_WAITING) -> None:
        self._work = work
        self._sleep = sleep
        self._max_waiting = max_waiting
        self._tasks: set[asyncio.Task[None]] = set()

    async def send(self, body: str, *, delay: float = 0.0, attributes: Mapping[str, str] = NO_ATTRIBUTES) -> None:
        """Have a message worked off.

        Raises:
            StoreThrottled: too many wait.
            StoreTooLarge: it has over `MAX_MESSAGE` bytes.
        """
        said = {name: printable(value) for name, value in attributes.items()}
        if (size := size_of(body, said)) > MAX_MESSAGE:
            raise StoreTooLarge(f"a message has {size} bytes, over {MAX_MESSAGE}")
        if len(self._tasks) >= self._max_waiting:
            raise StoreThrottled(f"{self._max_waiting} messages wait")
        task = asyncio.get_running_loop().create_task(self._deliver(body, said, min(MAX_DELAY, max(0.0, delay))))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def aclose(self) -> None:
        """End what is being worked off, and drop what waits."""
        ending = [*self._tasks]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def _deliver(self, body: str, attributes: Mapping[str, str], delay: float) -> None:
        again: float | None = delay
        while again is not None:
            await self._sleep(again)
            try:
                again = await self._work(body, attributes)
            except Exception:
                logger.exception("message not worked off", extra={"letter": body})
                again = None
