"""wanted: counts who asks, so that what is asked for often is kept warm for a day. Outside the cache."""

from collections.abc import Callable
from typing import Any

from fanin.engine.call import Call, Fetch, Policy
from fanin.engine.outcome import Outcome
from fanin.errors import FaninError, StoreUnavailable
from fanin.policies.cache.key import key_of
from fanin.stores.warm import WANTED_FOR, Wanted

NOTE_AGAIN = WANTED_FOR / 24
"""Seconds for which an environment knows that an answer is kept warm, or has no room; then it is noted again."""
MAX_KEYS = 10_000
"""Answers of which an environment knows it."""


def wanted(notes: Wanted, task_of: Callable[[Call, str], str], every: float, now: Callable[[], float]) -> Policy:
    """Count requests until their answer is kept warm, then write down each hour that somebody asks, and how to.

    Where the store does not answer, nothing is written down; the call does not depend on it.

    Args:
        notes: where it is written.
        task_of: the task by which the answer of a call, under a key, is refreshed.
        every: seconds between two refreshes.
        now: gives seconds since the epoch.
    """
    noted: dict[str, float] = {}

    def policy(fetch: Fetch) -> Fetch:
        async def with_wanted(call: Call) -> Outcome[Any]:
            outcome = await fetch(call)
            await note(call)
            return outcome

        return with_wanted

    async def note(call: Call) -> None:
        key, moment = key_of(call), now()
        if moment < noted.get(key, 0.0):
            return
        if key in noted:  # an hour has passed: of calls at once, one notes it
            noted[key] = moment + NOTE_AGAIN
        done = False  # also where the store does not answer
        try:
            done = await notes.note(key, call.source.name, task_of(call, key), moment, every)
        except StoreUnavailable:
            pass
        except FaninError:
            done = True  # the task is too large for its queue, and stays so
        if not done:
            noted.pop(key, None)
            return
        if len(noted) >= MAX_KEYS:
            noted.clear()
        noted[key] = moment + NOTE_AGAIN

    return policy
