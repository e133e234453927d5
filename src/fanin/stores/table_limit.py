"""The calls of all environments, counted in a table.

One item for each thing that is counted:

    pk              its key
    period count    the latest period in which a call started, and how many have
    held            until when all are held back
    expires         the table's attribute for TTL
"""

from fanin.stores.condition import Absent, above, at_most, below, equal
from fanin.stores.limit import MAX_HOLD
from fanin.stores.table import EXPIRES, Change, Table, number, took

_KEPT = 60.0
"""Seconds for which an item is kept behind its last use."""
_SKEW = 5.0
"""Seconds by which the clocks of two environments may differ. What one wrote that was further ahead does not count: it
would hold everybody up until its time has come."""


class TableLimit:
    """A `SharedLimit` in a table with the text `pk` as its key.

    Args:
        table: the table.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    async def take(self, key: str, calls: int, per: float, now: float) -> float:
        """Count a call: one request to the table, another for the first of a period, and four where it has to wait."""
        period = int(now // per)
        ends = (period + 1) * per
        free = Absent("held") | at_most("held", now) | above("held", now + MAX_HOLD + _SKEW)
        room = equal("period", period) & below("count", calls) & free
        far_ahead = above("period", int((now + _SKEW) // per) + 1)
        new = (Absent("period") | below("period", period) | far_ahead) & free
        one_more = (Change(add={"count": 1}), room)
        first = (Change({"period": period, "count": 1, EXPIRES: int(ends + _KEPT)}), new)
        for change, where in (one_more, first, one_more):  # somebody else may be the first meanwhile
            if await took(self._table.change({"pk": key}, change, where=where)):
                return now
        held = number(await self._table.get({"pk": key}) or {}, "held")
        return held if now < held <= now + MAX_HOLD + _SKEW else ends

    async def hold(self, key: str, until: float) -> None:
        """Hold all calls back until a moment, or until a later one that was said before."""
        change = Change({"held": until, EXPIRES: int(until + _KEPT)})
        earlier = Absent("held") | below("held", until) | above("held", until + MAX_HOLD + _SKEW)
        await took(self._table.change({"pk": key}, change, where=earlier))
