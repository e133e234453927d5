"""What is kept warm: which answers somebody asked for lately, and when each is to be refreshed next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

WANTED_FOR = 86_400.0
"""Seconds after which an answer that nobody asks for is not kept warm any more."""
ENOUGH = 3
"""Requests within one period of a source's `refresh` that an answer needs before it is kept warm.

With fewer, a refresh would ask the source about as often as the clients do; a client's own retry is no reason either.
"""
MOST_OF_SOURCE = 100
"""Answers of one source that are noted in one day, UTC. The next day's have a list of their own."""


@dataclass(frozen=True, slots=True)
class Warm:
    """An answer that is kept warm.

    Args:
        key: under which it is kept.
        source: whose it is.
        task: the task that refreshes it.
        asked: when somebody asked for it, in seconds since the epoch.
        due: when it is to be refreshed, likewise.
    """

    key: str
    source: str
    task: str
    asked: float
    due: float


class Wanted(Protocol):
    """Where that is written down. Every wait of it is bounded; every method raises StoreUnavailable."""

    async def note(self, key: str, source: str, task: str, asked: float, every: float) -> bool:
        """Count a request, and keep its answer warm if there are enough and its source has room.

        Args:
            key: under which the answer is kept.
            source: whose it is.
            task: the task that refreshes it.
            asked: when somebody asked for it, in seconds since the epoch.
            every: seconds between two refreshes; the first is due after them, unless one was due before.

        Returns:
            False if the answer was not asked for often enough yet, so that the next request counts, too.
        """
        ...

    async def due(self, now: float, limit: int) -> Sequence[Warm]:
        """Give what is due, the longest overdue first."""
        ...

    async def move(self, warm: Warm, due: float | None) -> bool:
        """Set what is due next, or with None nothing; False where somebody else has, since it was read."""
        ...
