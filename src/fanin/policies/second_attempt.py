"""The second attempt of a hedged call, and the race between it and the first."""

import asyncio
from collections.abc import Callable
from typing import Any

from fanin.engine.outcome import Outcome
from fanin.errors import NotFound, SourceError

type Attempted = asyncio.Future[Outcome[Any]]


class SecondAttempt:
    """The second attempt, in a task of its own; the first is in the call's task, and mostly remains the only one.

    Where it has an answer, it cancels the first as `asyncio.timeout` does, and tells that from any other cancelling by
    the task's count of them. Made in the call's task, and ended there.

    Args:
        after: seconds until it begins.
        begin: begins it; None where there is to be none.
    """

    def __init__(self, after: float, begin: Callable[[], Attempted | None]) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        self._first = task
        self._cancelling = task.cancelling()
        self._begin = begin
        self._timer = loop.call_later(after, self._start)
        self._attempt: Attempted | None = None
        self._alone = False
        """Whether the first attempt has ended."""
        self._cancelled_first = False

    def overtook(self) -> bool:
        """Tell whether it was this attempt that cancelled the first, and nobody the call."""
        if not self._cancelled_first:
            return False
        self._cancelled_first = False
        return self._first.uncancel() <= self._cancelling

    def outcome(self) -> Outcome[Any]:
        """Give what it came to, or raise it."""
        assert self._attempt is not None
        return self._attempt.result()

    async def instead_of(self, failure: SourceError) -> Outcome[Any]:
        """Wait for what it comes to where the first attempt failed; that failure, if there is no answer either."""
        self._alone = True
        self._timer.cancel()
        if self._attempt is None:
            raise failure
        try:
            return await self._attempt
        except SourceError as error:
            if answers(error):
                raise
            raise failure from None

    async def end(self) -> None:
        """Cancel it if it is still under way, and wait until it has tidied up."""
        self._alone = True
        self._timer.cancel()
        if self._cancelled_first:  # the first came to something in the very moment
            self._first.uncancel()
        if self._attempt is None:
            return
        if not self._attempt.done():
            self._attempt.cancel()
            await asyncio.wait([self._attempt])
        if not self._attempt.cancelled():
            self._attempt.exception()  # seen: asyncio reports a task whose error nobody has looked at

    def _start(self) -> None:
        self._attempt = self._begin()
        if self._attempt is not None:
            self._attempt.add_done_callback(self._ended)

    def _ended(self, attempt: Attempted) -> None:
        if self._alone or attempt.cancelled():
            return
        error = attempt.exception()
        if not isinstance(error, SourceError) or answers(error):
            self._cancelled_first = True
            self._first.cancel()


def answers(error: SourceError) -> bool:
    """Tell whether a failure is an answer, for which nobody waits for another."""
    return isinstance(error, NotFound)
