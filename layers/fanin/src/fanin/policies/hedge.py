"""hedge: a second attempt beside one that is slow; the first answer counts."""

import asyncio
from typing import Any

from fanin.config.policies import Hedge
from fanin.config.units import spelled
from fanin.errors import NotFound, SourceError
from fanin.outcome import Clock, Outcome
from fanin.pipeline import Call, Fetch, Policy
from fanin.policies.budget import Budget

type _Attempt = asyncio.Future[Outcome[Any]]


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
        async def with_hedge(call: Call) -> Outcome[Any]:
            if not call.span.attempts:
                budget.earn()
            attempts: list[_Attempt] = [asyncio.ensure_future(fetch(call))]
            try:
                await asyncio.wait(attempts, timeout=settings.after)
                if not attempts[0].done() and budget.spend():
                    call.span.note(clock(), "hedge", f"a second attempt after {spelled(settings.after)}")
                    attempts.append(asyncio.ensure_future(fetch(call)))
                return await _decided(attempts)
            finally:
                await _ended(attempts)

        return with_hedge

    return policy


async def _decided(attempts: list[_Attempt]) -> Outcome[Any]:
    """Give the first attempt's outcome that decides the call."""
    waiting = set(attempts)
    while waiting:
        _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for attempt in attempts:
            if attempt.done() and not _failed(attempt):
                return attempt.result()
    return attempts[0].result()


def _failed(attempt: _Attempt) -> bool:
    return isinstance(error := attempt.exception(), SourceError) and not isinstance(error, NotFound)


async def _ended(attempts: list[_Attempt]) -> None:
    """Cancel what is still under way, and wait until it has tidied up."""
    if left := [attempt for attempt in attempts if not attempt.done()]:
        for attempt in left:
            attempt.cancel()
        await asyncio.wait(left)
    for attempt in attempts:
        if not attempt.cancelled():
            attempt.exception()  # seen: asyncio reports a task whose error nobody has looked at
