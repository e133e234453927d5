"""A bound on the time of work that seldom waits: no timer is set for work that does not."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import Any


async def within[Result](seconds: Callable[[], float], work: Awaitable[Result]) -> Result:
    """Do some work in this task, and cancel it if it is not done in time.

    Its first step is taken before anything else. A timer takes as long as a tenth of a short invocation.

    Args:
        seconds: how much time there is, asked when the work waits for the first time.
        work: what has not begun.

    Raises:
        TimeoutError: it was not done in time.
        Exception: what the work raises.
    """
    steps = work.__await__()
    try:
        begun = _Begun(steps, next(steps))
    except StopIteration as done:
        result: Result = done.value
        return result
    async with asyncio.timeout(seconds()):
        return await begun


class _Begun[Result]:
    """Work that has taken its first step, to be awaited.

    Args:
        steps: those of the work.
        waits_for: what it has told its task that it waits for.
    """

    def __init__(self, steps: Generator[object, Any, Result], waits_for: object) -> None:
        self._steps = steps
        self._waits_for = waits_for

    def __await__(self) -> Generator[object, Any, Result]:
        step: Callable[[Any], object]
        given: Any
        waits_for, self._waits_for = self._waits_for, None
        while True:
            try:
                step, given = self._steps.send, (yield waits_for)
            except BaseException as error:  # noqa: BLE001 - it is the work's, to handle or to end by
                step, given = self._steps.throw, error
            del waits_for  # it knows its failure, which knows this frame
            try:
                waits_for = step(given)
            except StopIteration as done:
                result: Result = done.value
                return result
            finally:
                del given  # likewise
