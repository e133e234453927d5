"""A store that all environments of a test share, in memory, by the rules of the one in DynamoDB."""

import asyncio
from dataclasses import dataclass, field

from fanin.errors import StoreUnavailable
from fanin.stores.entry import Entry
from fanin.stores.store import GLANCE, Found
from tests.unit.caching import now


@dataclass
class Items:
    """What is in the table, and how the table is."""

    entries: dict[str, Entry] = field(default_factory=dict)
    leases: dict[str, tuple[str, float]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Every operation that was asked for."""
    down: bool = False
    after: float = 0.01


class Shared:
    """A `SharedStore` as one environment has it.

    Args:
        items: the table.
        holder: the environment's name.
    """

    def __init__(self, items: Items, holder: str = "one") -> None:
        self._items = items
        self._holder = holder

    met = True

    async def get(self, key: str, *, consistent: bool = False, within: float = GLANCE) -> Found:
        await self._asked("get consistent" if consistent else "get", within)
        return Found(self._items.entries.get(key), self._items.leases.get(key, ("", 0.0))[1])

    async def put(self, key: str, entry: Entry, *, within: float = GLANCE) -> None:
        await self._asked("put", within)
        before = self._items.entries.get(key)
        if before is None or before.received < entry.received:
            self._items.entries[key] = entry
            self._items.leases.pop(key, None)

    async def lease(self, key: str, seconds: float, *, within: float = GLANCE) -> bool:
        await self._asked("lease", within)
        entry = self._items.entries.get(key)
        taken = self._items.leases.get(key, ("", 0.0))[1] > now()
        if taken or (entry is not None and entry.fresh_until > now()):
            return False
        self._items.leases[key] = (self._holder, now() + seconds)
        return True

    async def release(self, key: str) -> None:
        await self._asked("release")
        if self._items.leases.get(key, ("", 0.0))[0] == self._holder:
            del self._items.leases[key]

    async def _asked(self, operation: str, within: float = GLANCE) -> None:
        self._items.asked.append(operation)
        await asyncio.sleep(min(self._items.after, within))
        if self._items.down or self._items.after > within:
            raise StoreUnavailable("down")
