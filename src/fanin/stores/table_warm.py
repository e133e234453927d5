"""What is kept warm, in the table of the cache.

An item is, under `warm#KEY`: period and asks, how often it was asked for in the latest period; of what is kept warm,
source, task and asked, warm and due, by which the index `due` finds it; expires for TTL. Another is, under
`warm-of#SOURCE#DAY`: keys, the beginnings of the digests of what is kept warm.
"""

from collections.abc import Sequence

from fanin.stores.condition import Absent, Fewer, Has, Present, at_most, different, equal
from fanin.stores.errors import ConditionFailed
from fanin.stores.table import EXPIRES, Change, Item, Key, Table, number, text, took
from fanin.stores.warm import ENOUGH, MOST_OF_SOURCE, WANTED_FOR, Warm

_WITHIN = 2.0
"""Seconds of a request of the minute rule's, whom nobody waits for."""
_PREFIX = "warm#"
_DAY = 86_400.0
_DIGITS = 16
"""Digits of a key's digest that are on a list: enough to tell keys apart, and few enough for a small item."""


class TableWarm:
    """`Wanted` in a table with the text `pk` as its key, and the index `due` of warm and due.

    Args:
        table: the table.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    async def note(self, key: str, source: str, task: str, asked: float, every: float) -> bool:
        """Count a request, and keep its answer warm: four requests to the table at most, each by one condition."""
        if await self._count(key, asked, every) < ENOUGH:
            return False
        if await self._admit(key, source, asked):
            said: Item = {
                "source": source,
                "task": task,
                "asked": asked,
                "asks": ENOUGH,
                "warm": "y",
                EXPIRES: int(asked + 2 * WANTED_FOR),
            }
            await self._table.change(_at(key), Change(said, start={"due": asked + every}))
        return True

    async def _count(self, key: str, asked: float, every: float) -> int:
        """Give the requests of this period, this one included; what is kept warm always has enough."""
        period = int(asked // every)
        more = equal("period", period) | Present("warm")
        try:
            before = await self._table.change(_at(key), Change(add={"asks": 1}), where=more, before=True)
            return int(number(before, "asks")) + 1
        except ConditionFailed:
            first = Change({"period": period, "asks": 1, EXPIRES: int(asked + 2 * every)})
            new = Absent("warm") & different("period", period)
            # Nothing is changed only where somebody else's was the first meanwhile: then this request is not counted.
            return int(await took(self._table.change(_at(key), first, where=new)))

    async def _admit(self, key: str, source: str, asked: float) -> bool:
        """Put a key on the day's list of its source; False where the list is full.

        A list is an item, so that no two requests can take the last place. It leaves with its day: nothing has to
        be taken off it, and no place is lost where somebody fails between two writes.
        """
        day, short = int(asked // _DAY), key.rpartition("#")[2][:_DIGITS]
        listed = Change({EXPIRES: int((day + 2) * _DAY)}, join={"keys": frozenset({short})})
        room = Fewer("keys", MOST_OF_SOURCE) | Has("keys", short)
        return await took(self._table.change({"pk": f"warm-of#{source}#{day}"}, listed, where=room))

    async def due(self, now: float, limit: int) -> Sequence[Warm]:
        """Give what is due, the longest overdue first."""
        items = await self._table.find("due", equal("warm", "y") & at_most("due", now), limit=limit, within=_WITHIN)
        return [
            Warm(
                key=text(item, "pk").removeprefix(_PREFIX),
                source=text(item, "source"),
                task=text(item, "task"),
                asked=number(item, "asked"),
                due=number(item, "due"),
            )
            for item in items
        ]

    async def move(self, warm: Warm, due: float | None) -> bool:
        """Set what is due next, where nobody else has."""
        change = Change(drop=("due", "warm", "asks", "period")) if due is None else Change({"due": due})
        unmoved = equal("due", warm.due)
        return await took(self._table.change(_at(warm.key), change, where=unmoved, within=_WITHIN))


def _at(key: str) -> Key:
    return {"pk": f"{_PREFIX}{key}"}
