"""hedge: a second attempt beside one that is slow; the first answer counts."""

import asyncio
from collections.abc import Callable
from typing import Any

from fanin.config.policies import Hedge
from fanin.config.units import spelled
from fanin.engine.call import Call, Fetch, Policy
from fanin.engine.outcome import Clock, Outcome
from fanin.errors import NotFound, SourceError
from fanin.policies.budget import Budget

type _Attempted = asyncio.Future[Outcome[Any]]


def hedge(settings: Hedge, budget: Budget, clock: Clock) -> Policy:
    """Make a second attempt where the first has not come to anything for a while, and one is left in the budget.

    The first value is the call's, and that there is no such thing is an answer too. Where both fail, the failure is
    the first attempt's. The other attempt is cancelled, and has ended when the call does.

    Args:
        settings: how long to wait.
        budget: the source's budget of second attempts.
        clock: the clock of the request's deadline.
    """

    def policy(fetch: Fetch) -> Fetch:
        def begin(call: Call) -> _Attempted | None:
            asked = any(attempt.ended is None for attempt in call.span.attempts)
            if not asked or not budget.spend():  # not asked: it waits for its turn, and another would wait behind it
                return None
            call.span.note(clock(), "hedge", f"a second attempt after {spelled(settings.after)}")
            return asyncio.ensure_future(fetch(call))

        async def with_hedge(call: Call) -> Outcome[Any]:
            if not call.span.attempts:
                budget.earn()
            second = _SecondAttempt(settings.after, lambda: begin(call))
            try:
                return await fetch(call)
            except asyncio.CancelledError:
                if second.overtook():
                    return second.outcome()
                raise
            except SourceError as failure:
                if _answers(failure):
                    raise
                return await second.instead_of(failure)
            finally:
                await second.end()

        return with_hedge

    return policy


class _SecondAttempt:
    """The second attempt, in a task of its own; the first is in the call's task, and mostly remains the only one.

    Where it has an answer, it cancels the first as `asyncio.timeout` does, and tells that from any other cancelling by
    the task's count of them. Made in the call's task, and ended there.

    Args:
        after: seconds until it begins.
        begin: begins it; None where there is to be none.
    """

    def __init__(self, after: float, begin: Callable[[], _Attempted | None]) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None
        self._first = task
        self._cancelling = task.cancelling()
        self._begin = begin
        self._timer = loop.call_later(after, self._start)
        self._attempt: _Attempted | None = None
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
            if _answers(error):
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
        if self._first.cancelling() > self._cancelling:  # the call ends, and nobody waits for another answer
            return
        self._attempt = self._begin()
        if self._attempt is not None:
            self._attempt.add_done_callback(self._ended)

    def _ended(self, attempt: _Attempted) -> None:
        if self._alone or attempt.cancelled():
            return
        error = attempt.exception()
        if not isinstance(error, SourceError) or _answers(error):
            self._cancelled_first = True
            self._first.cancel()


def _answers(error: SourceError) -> bool:
    """Tell whether a failure is an answer, for which nobody waits for another."""
    return isinstance(error, NotFound)
