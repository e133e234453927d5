"""The slots of a process: in each an event is asked for, answered, and the next one asked for, until the process ends.

With one slot, as everywhere but on Lambda Managed Instances, work behind an answer ends before the next event is asked
for, since Lambda freezes the process then. With several the process is never frozen, and each invocation is a task.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress

from fanin.entrypoints.runtime.api import Event, Invoked, RuntimeApi, RuntimeApiError

logger = logging.getLogger("fanin")

type Serve = Callable[[Event, RuntimeApi, Callable[[], None]], Awaitable[None]]
"""Serves an event, and says when it is answered."""

LAST_SECONDS = 0.25
"""For which invocations under way go on when Lambda ends the process: it kills it 300 ms behind SIGTERM, or later."""
_ATTEMPTS = 5
"""How often an event is asked for in vain, one time after the other, before a process of several slots ends."""
_PAUSE = 0.1
"""Seconds before the second attempt, twice as many before each further one."""


class Slots:
    """Serves events.

    Args:
        serve: serves one.
        connect: makes a connection to the Runtime API.
        number: of slots; 1 unless Lambda hands over several events at once.
        alone: whether there is one slot in the whole environment.
    """

    def __init__(self, serve: Serve, connect: Callable[[], RuntimeApi], number: int, *, alone: bool) -> None:
        self._serve = serve
        self._connect = connect
        self._number = number
        self._alone = alone
        self._ending = False
        self._slots: set[asyncio.Task[object]] = set()
        self._waiting: set[asyncio.Task[object]] = set()
        self._under_way: set[asyncio.Task[object]] = set()

    async def run(self) -> None:
        """Serve until the process is told to end (SIGTERM), and what is under way then has ended, or had its time.

        Raises:
            RuntimeApiError: the Runtime API is of no use any more.
            OSError: it is gone.
        """
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.end)
        if self._alone:
            await self._slot()
        else:
            async with asyncio.TaskGroup() as slots:
                for _ in range(self._number):
                    slots.create_task(self._slot())
        await end_leftovers()

    def end(self) -> None:
        """Ask for no more events; what is under way has `LAST_SECONDS` for its end."""
        if not self._ending:
            self._ending = True
            for task in self._waiting:
                task.cancel()
            asyncio.get_running_loop().call_later(LAST_SECONDS, self._cut)

    def _cut(self) -> None:
        for task in self._slots | self._under_way:
            task.cancel()

    async def _slot(self) -> None:
        self._slots.add(_current())
        api = self._connect()
        try:
            while not self._ending:
                event = await self._next(api)
                if self._alone:
                    await self._before_the_next(event, api)
                    await end_leftovers()
                else:
                    await self._beside(event, api)
            if not self._alone and self._under_way:
                await asyncio.wait(self._under_way)
        except asyncio.CancelledError:
            if not self._ending:
                raise
        finally:
            await api.close()

    async def _next(self, api: RuntimeApi) -> Event:
        task = _current()
        self._waiting.add(task)
        try:
            for made in range(0 if self._alone else _ATTEMPTS - 1):
                with suppress(RuntimeApiError, OSError):
                    return await api.next()
                await api.close()
                await asyncio.sleep(_PAUSE * 2**made)
            return await api.next()
        finally:
            self._waiting.discard(task)

    async def _before_the_next(self, event: Event, api: RuntimeApi) -> None:
        """Serve an event. One that cannot be read is reported, and ends no process."""
        try:
            await self._serve(event, api, lambda: None)
        except (RuntimeApiError, OSError):
            raise
        except Exception as error:
            logger.exception("invocation failed")
            await _report(event, api, error)

    async def _beside(self, event: Event, api: RuntimeApi) -> None:
        """Serve an event in a task of its own until it is answered: what goes on behind the answer holds up no slot.

        No more than twice as many invocations as there are slots are under way. What goes on behind the answer of one
        more is waited for.
        """
        answered = asyncio.get_running_loop().create_future()

        def tell() -> None:
            if not answered.done():
                answered.set_result(None)

        task = asyncio.create_task(self._task(event, api, tell))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        await answered
        if len(self._under_way) > 2 * self._number:
            await asyncio.wait({task})

    async def _task(self, event: Event, api: RuntimeApi, answered: Callable[[], None]) -> None:
        told = False

        def tell() -> None:
            nonlocal told
            told = True
            answered()

        try:
            await self._serve(event, api, tell)
        except Exception as error:
            logger.exception("invocation failed")
            if not told:
                with suppress(OSError, RuntimeApiError):
                    await _report(event, api, error)
        finally:
            answered()


async def _report(event: Event, api: RuntimeApi, error: Exception) -> None:
    """Tell Lambda that nothing came of an invocation."""
    invoked = Invoked.of(event)
    await api.fail(f"/invocation/{invoked.id}/error", error, extra=invoked.extra)


def _current() -> asyncio.Task[object]:
    task = asyncio.current_task()
    assert task
    return task


async def end_leftovers() -> None:
    """Cancel what is left running: frozen with the environment, it would go on inside a later invocation."""
    leftovers = asyncio.all_tasks() - {asyncio.current_task()}
    for task in leftovers:
        task.cancel()
    with suppress(asyncio.CancelledError):
        if leftovers:
            await asyncio.wait(leftovers)
