"""A table: items by their keys, changed under conditions, and found by indexes.

Every method is done within a bounded time. It raises StoreUnavailable where the table does not answer, StoreThrottled
and StoreRefused where that is why, and nothing else but what it says.
"""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from fanin.stores.condition import Condition, Value
from fanin.stores.errors import ConditionFailed

EXPIRES = "expires"
"""The attribute from whose moment on, in seconds since the epoch, an item may be gone, and need not be."""

type Key = Mapping[str, str]
"""The attributes that name an item, such as `{"pk": "job#1"}`."""
type Item = Mapping[str, Value]
"""The attributes of an item, its key included."""

_NOTHING: Mapping[str, Value] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of an item's attributes; one that is not named stays. No attribute is named twice.

    Args:
        put: attributes and what they become.
        start: likewise, where they are absent.
        add: numbers, and how much is added to them; an absent one counts as 0.
        join: sets, and the members that they get.
        leave: sets, and the members that they lose; a set without members is absent.
        drop: attributes that go.
    """

    put: Mapping[str, Value] = field(default=_NOTHING)
    start: Mapping[str, Value] = field(default=_NOTHING)
    add: Mapping[str, float] = field(default_factory=dict)
    join: Mapping[str, frozenset[str]] = field(default_factory=dict)
    leave: Mapping[str, frozenset[str]] = field(default_factory=dict)
    drop: tuple[str, ...] = ()


class Table(Protocol):
    """A table; the module says what all methods raise. `within` is seconds, if not those of the table."""

    @property
    def met(self) -> bool:
        """Whether it has answered before: then there is a connection to it."""
        ...

    async def get(self, key: Key, *, consistent: bool = False, within: float | None = None) -> Item | None:
        """Look an item up.

        Args:
            key: the item's.
            consistent: whether what was written a moment ago must be seen.
            within: seconds.
        """
        ...

    async def put(self, item: Item, *, where: Condition | None = None, within: float | None = None) -> None:
        """Write a whole item in the place of the one with its key.

        Raises:
            ConditionFailed: what is there is not as `where` wants it.
            StoreTooLarge: it has over `MAX_ITEM` bytes.
        """
        ...

    async def change(
        self,
        key: Key,
        change: Change,
        *,
        where: Condition | None = None,
        before: bool = False,
        within: float | None = None,
    ) -> Item:
        """Change an item, or make it.

        Args:
            key: the item's.
            change: what becomes of it.
            where: what it has to be like.
            before: whether to give what it was like.
            within: seconds.

        Returns:
            the item as it was before; empty where there was none, or it is not asked for.

        Raises:
            ConditionFailed: it is not as `where` wants it.
            StoreTooLarge: it would have over `MAX_ITEM` bytes.
        """
        ...

    async def delete(self, key: Key, *, where: Condition | None = None, within: float | None = None) -> Item:
        """Delete an item; give what it was, empty where there was none.

        Raises:
            ConditionFailed: it is not as `where` wants it.
        """
        ...

    async def delete_all(self, keys: Sequence[Key], *, within: float | None = None) -> None:
        """Delete items, `MAX_BATCH` by one request.

        Raises:
            StoreThrottled: some are still there.
        """
        ...

    async def find(
        self, index: str, where: Condition, *, limit: int, backwards: bool = False, within: float | None = None
    ) -> Sequence[Item]:
        """Give items by an index, in the order of its second attribute. It may lag behind what was written.

        Args:
            index: its name.
            where: its first attribute `equal` to a value; its second, if that is wanted, `below` or `at_most`.
            limit: the most items.
            backwards: whether the last comes first.
            within: seconds for each page.

        Returns:
            the items, or as much of each as the index has, its key at least.
        """
        ...


async def took(change: Awaitable[object]) -> bool:
    """Make a change; False where its condition does not hold."""
    try:
        await change
    except ConditionFailed:
        return False
    return True


def text(item: Item, name: str) -> str:
    """Give a text of an item; empty where it is absent or no text."""
    value = item.get(name, "")
    return value if isinstance(value, str) else ""


def number(item: Item, name: str) -> float:
    """Give a number of an item; 0 where it is absent or no number."""
    value = item.get(name, 0.0)
    return float(value) if isinstance(value, int | float) else 0.0


def members(item: Item, name: str) -> frozenset[str]:
    """Give a set of an item; empty where it is absent or no set."""
    value = item.get(name)
    return value if isinstance(value, frozenset) else frozenset()


def binary(item: Item, name: str) -> bytes | None:
    """Give the bytes of an item; None where they are absent or no bytes."""
    value = item.get(name)
    return value if isinstance(value, bytes) else None


def size_of(item: Item) -> int:
    """Give the bytes of an item, as DynamoDB counts them, numbers at their longest."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Value) -> int:
    match value:
        case str():
            return len(value.encode())
        case bytes():
            return len(value)
        case frozenset():
            return sum(len(member.encode()) for member in value)
        case _:
            return 21
