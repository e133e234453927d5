"""A table in memory."""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fanin.engine.outcome import Clock
from fanin.stores.bounds import MAX_ITEM
from fanin.stores.condition import Absent, All, Compared, Condition, Either, Fewer, Has, Present, Value
from fanin.stores.errors import ConditionFailed, StoreTooLarge
from fanin.stores.table import EXPIRES, Change, Item, Key, members, number, size_of

MAX_ITEMS = 30_000
"""Items of a table; beyond it the oldest leaves."""


class MemoryTable:
    """A `Table` of one process, which ends with it.

    Args:
        key: the attributes of an item's key.
        now: gives seconds since the epoch. An item that has expired is gone.
        indexes: the two attributes of each index, by its name.
        max_items: the most that are kept.
    """

    met = True

    def __init__(
        self,
        key: Sequence[str],
        now: Clock,
        *,
        indexes: Mapping[str, tuple[str, str]] | None = None,
        max_items: int = MAX_ITEMS,
    ) -> None:
        self._key = tuple(key)
        self._now = now
        self._indexes = dict(indexes or {})
        self._max_items = max_items
        self._items: dict[tuple[Value, ...], dict[str, Value]] = {}

    def __len__(self) -> int:
        return len(self._items)

    @property
    def items(self) -> Sequence[Item]:
        """All items that take room, expired or not."""
        return [*self._items.values()]

    async def get(self, key: Key, *, consistent: bool = False, within: float | None = None) -> Item | None:  # noqa: ARG002 - it is always, and at once
        """Look an item up."""
        item = self._there(self._place(key))
        return dict(item) if item else None

    async def put(self, item: Item, *, where: Condition | None = None, within: float | None = None) -> None:  # noqa: ARG002 - at once
        """Write a whole item."""
        place = self._place(item)
        self._write(place, dict(item), self._there(place), where)

    async def change(
        self,
        key: Key,
        change: Change,
        *,
        where: Condition | None = None,
        before: bool = False,
        within: float | None = None,  # noqa: ARG002 - at once
    ) -> Item:
        """Change an item, or make it."""
        place = self._place(key)
        there = self._there(place)
        self._write(place, _changed({**key, **there}, change), there, where)
        return there if before else {}

    async def delete(self, key: Key, *, where: Condition | None = None, within: float | None = None) -> Item:  # noqa: ARG002 - at once
        """Delete an item; give what it was."""
        place = self._place(key)
        there = self._there(place)
        if where and not _holds(where, there):
            raise ConditionFailed(f"item {place}")
        self._items.pop(place, None)
        return there

    async def delete_all(self, keys: Sequence[Key], *, within: float | None = None) -> None:
        """Delete items."""
        for key in keys:
            await self.delete(key, within=within)

    async def find(
        self,
        index: str,
        where: Condition,
        *,
        limit: int,
        backwards: bool = False,
        within: float | None = None,  # noqa: ARG002 - at once
    ) -> Sequence[Item]:
        """Give items by an index."""
        first, second = self._indexes[index]
        there = (item for item in self.items if not self._expired(item))
        found = [item for item in there if first in item and second in item and _holds(where, item)]
        found.sort(key=lambda item: item[second], reverse=backwards)
        return [dict(item) for item in found[:limit]]

    def _place(self, key: Mapping[str, Value]) -> tuple[Value, ...]:
        return tuple(key[name] for name in self._key)

    def _there(self, place: tuple[Value, ...]) -> dict[str, Value]:
        """Give what is at a place; empty where nothing is."""
        item = self._items.get(place)
        return {} if item is None or self._expired(item) else item

    def _write(self, place: tuple[Value, ...], item: dict[str, Value], there: Item, where: Condition | None) -> None:
        if where and not _holds(where, there):
            raise ConditionFailed(f"item {place}")
        if (size := size_of(item)) > MAX_ITEM:
            raise StoreTooLarge(f"an item has {size} bytes, over {MAX_ITEM}")
        if place not in self._items:
            self._make_room()
        self._items[place] = item

    def _make_room(self) -> None:
        if len(self._items) < self._max_items:
            return
        self._items = {place: item for place, item in self._items.items() if not self._expired(item)}
        while len(self._items) >= self._max_items:
            del self._items[next(iter(self._items))]

    def _expired(self, item: Item) -> bool:
        return EXPIRES in item and number(item, EXPIRES) <= self._now()


def _changed(item: dict[str, Value], change: Change) -> dict[str, Value]:
    item |= {name: value for name, value in change.start.items() if name not in item}
    item |= change.put
    item |= {name: number(item, name) + value for name, value in change.add.items()}
    item |= {name: members(item, name) | joining for name, joining in change.join.items()}
    item |= {name: members(item, name) - leaving for name, leaving in change.leave.items()}
    emptied = {name for name in change.leave if not item[name]}
    return {name: value for name, value in item.items() if name not in emptied and name not in change.drop}


def _holds(condition: Condition, item: Item) -> bool:  # noqa: PLR0911 - one for each kind
    match condition:
        case Absent(name):
            return name not in item
        case Present(name):
            return name in item
        case Compared(name, sign, value):
            return name in item and _stands(item[name], sign, value)
        case Has(name, member):
            return member in members(item, name)
        case Fewer(name, count):
            return len(members(item, name)) < count
        case All(one, other):
            return _holds(one, item) and _holds(other, item)
        case Either(one, other):
            return _holds(one, item) or _holds(other, item)


_STANDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
}


def _stands(there: Value, sign: str, value: Value) -> bool:
    """Compare two values. Those of two types, or sets, can only be equal, or not."""
    number = int | float
    comparable = (isinstance(there, str) and isinstance(value, str)) or (
        isinstance(there, number) and isinstance(value, number)
    )
    return (comparable or sign in ("=", "<>")) and _STANDS[sign](there, value)
