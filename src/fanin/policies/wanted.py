"""wanted: writes down that somebody asked, so that an answer is kept warm for a day. Outside the cache."""

from collections.abc import Callable
from typing import Any

from fanin.engine.call import Call, Fetch, Policy
from fanin.engine.outcome import Outcome
from fanin.errors import FaninError
from fanin.policies.cache.key import key_of
from fanin.stores.store import StoreUnavailable
from fanin.stores.warm import WANTED_FOR, Wanted

NOTE_AGAIN = WANTED_FOR / 24
"""Seconds for which it is known in an environment that somebody asked; then it is written down again."""
MAX_KEYS = 10_000
"""Answers of which an environment knows it."""


def wanted(notes: Wanted, task_of: Callable[[Call, str], str], every: float, wall: Callable[[], float]) -> Policy:
    """Write down each hour what is asked for, and how it is asked again.

    Where the store does not answer, nothing is written down; the call does not depend on it.

    Args:
        notes: where it is written.
        task_of: the task by which the answer of a call, under a key, is refreshed.
        every: seconds between two refreshes.
        wall: gives seconds since the epoch.
    """
    noted: dict[str, float] = {}

    def policy(fetch: Fetch) -> Fetch:
        async def with_wanted(call: Call) -> Outcome[Any]:
            outcome = await fetch(call)
            await note(call)
            return outcome

        return with_wanted

    async def note(call: Call) -> None:
        key, now = key_of(call), wall()
        if now < noted.get(key, 0.0):
            return
        if len(noted) >= MAX_KEYS:
            noted.clear()
        noted[key] = now + NOTE_AGAIN
        try:
            await notes.note(key, call.source.name, task_of(call, key), now, now + every)
        except StoreUnavailable:
            del noted[key]
        except FaninError:
            return  # the task is too large for its queue, and stays so

    return policy
