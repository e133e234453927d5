"""What the cache asks of the stores that it keeps answers in."""

from typing import Protocol

from fanin.config.record import record
from fanin.stores.entry import Entry

GLANCE = 0.1
"""Seconds that one request to a store may take, where there is an answer without it."""
READ_WITHIN = 0.5
"""Seconds that one may take at most, where the source would have to be asked without it."""


@record
class Found:
    """What a shared store has under a key.

    Args:
        entry: the answer; None where there is none.
        leased_until: until when somebody has said that they are asking the source; 0 where nobody has.
    """

    entry: Entry | None = None
    leased_until: float = 0.0


class SharedStore(Protocol):
    """What all environments share. Every method is done within some seconds, or raises StoreUnavailable."""

    @property
    def met(self) -> bool:
        """Whether it has answered before."""
        ...

    async def get(self, key: str, *, consistent: bool = False, within: float = GLANCE) -> Found:
        """Look a key up; `consistent` sees what was written a moment ago, at twice the cost."""
        ...

    async def put(self, key: str, entry: Entry, *, within: float = GLANCE) -> None:
        """Keep an answer, unless there is a newer one, and end the lease of its key."""
        ...

    async def lease(self, key: str, seconds: float, *, within: float = GLANCE) -> bool:
        """Say that one is going to ask the source; False where somebody else is, or there is a fresh answer."""
        ...

    async def release(self, key: str) -> None:
        """End one's own lease without an answer."""
        ...
