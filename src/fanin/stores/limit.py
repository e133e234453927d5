"""What the rate limit asks of a store that all environments share."""

from typing import Protocol

MAX_HOLD = 3600.0
"""Seconds for which a source can have all its calls held back, whatever it asks for."""


class SharedLimit(Protocol):
    """Counts the calls of all environments. Every wait of it is bounded; every method raises StoreUnavailable."""

    async def take(self, key: str, calls: int, per: float, now: float) -> float:
        """Count a call in the period that `now` is in, unless it is full or calls are held back.

        Args:
            key: what is counted.
            calls: how many of each period may start.
            per: the length of a period, in seconds; periods begin at multiples of it.
            now: the time of day, in seconds since 1970.

        Returns:
            `now` where the call is counted; otherwise the time of day from which it can be asked for again.
        """
        ...

    async def hold(self, key: str, until: float) -> None:
        """Hold all calls back until a time of day, or until a later one that was said before."""
        ...
