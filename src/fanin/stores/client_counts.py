"""The requests of a client to an endpoint, counted for all environments in a table.

One item for each client of an endpoint:

    pk              its key
    slot            the number of the latest slot of time in which it asked
    total           its requests in that slot and the `SLOTS` before
    c0, c1, ...     the requests of each of these slots, at the slot's number modulo them
    expires         the table's attribute for TTL

A request in the same slot adds to both numbers, under the condition that there is room: one request to the table, in
which environments never stand in each other's way. The first of a slot writes the item anew, if it is still as it was
last seen. `counting` says what to ask, and knows neither loop nor thread.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol

from fanin.stores.condition import Absent, Condition, below, equal
from fanin.stores.errors import ConditionFailed, StoreUnavailable
from fanin.stores.table import EXPIRES, Change, Item, Key, number
from fanin.stores.window import SLOTS, Window, ring, unrolled

ROUNDS = 4
"""How often the table is asked to count a request, each time as it was last seen."""
WITHIN = 0.05
"""Seconds that all of it may take."""
WITHIN_FIRST = 0.25
"""Likewise until the table has first answered, since a connection has to be made."""
_KEPT = 60.0
"""Seconds for which an item is kept after its last request has ceased to count."""


@dataclass(frozen=True, slots=True)
class Look:
    """The item is looked up."""


@dataclass(frozen=True, slots=True)
class Count:
    """The item is changed, if it is as the condition says; what it was before is given back, or None if it is not."""

    change: Change
    where: Condition


@dataclass(frozen=True, slots=True)
class Counted:
    """What came of it.

    Args:
        admitted: whether the request is counted; else there is no room.
        window: the client's requests, as the table has them now.
    """

    admitted: bool
    window: Window


type Counting = Generator[Look | Count, Item | None, Counted]


def counting(known: Window | None, calls: int, per: float, now: float) -> Counting:
    """Count a request, unless the client has made as many as it may.

    Args:
        known: the client's requests, as the table had them when it was last asked; None if it was not.
        calls: how many it may make within any `per` seconds.
        per: seconds.
        now: the time of day.

    Raises:
        StoreUnavailable: others changed the item, again and again.
    """
    seen = known
    for _ in range(ROUNDS):
        window, question = _question(seen, calls, per, now)
        if window.total < calls:
            before = yield question
            if before is not None:
                counted = _window(before, per) if question.change.add else window
                counted.add()
                return Counted(admitted=True, window=counted)
        elif seen is not known:  # just looked up
            return Counted(admitted=False, window=window)
        item = yield Look()
        seen = _window(item, per) if item else None
    raise StoreUnavailable("a client's requests are counted by too many environments at the same moment")


def _question(seen: Window | None, calls: int, per: float, now: float) -> tuple[Window, Count]:
    """Give the window at this time, and what counts a request in it."""
    moved = seen.copy() if seen else Window(per)
    moved.move(now)
    if seen and moved.slot == seen.slot:
        one_more = Change(add={"total": 1, _place(moved.slot): 1})
        return moved, Count(one_more, equal("slot", moved.slot) & below("total", calls))
    after = moved.copy()
    after.add()
    places = {f"c{place}": count for place, count in enumerate(ring(after.counts, after.slot))}
    expires = int(after.ends(after.slot) + _KEPT)
    unchanged = equal("slot", seen.slot) & equal("total", seen.total) if seen else Absent("slot")
    return moved, Count(Change({"slot": after.slot, "total": after.total, EXPIRES: expires, **places}), unchanged)


def _place(slot: int) -> str:
    return f"c{slot % (SLOTS + 1)}"


def _window(item: Item, per: float) -> Window:
    """Read an item."""
    slot = int(number(item, "slot"))
    counts = unrolled([int(number(item, f"c{place}")) for place in range(SLOTS + 1)], slot)
    return Window(per, slot, counts, int(number(item, "total")))


class Asks(Protocol):
    """What is asked of a table on an event loop; each method as `fanin.stores.table.Table` has it."""

    @property
    def met(self) -> bool: ...  # noqa: D102 - said of the class

    async def get(  # noqa: D102 - said of the class
        self, key: Key, *, consistent: bool = False, within: float | None = None
    ) -> Item | None: ...

    async def change(  # noqa: D102 - said of the class
        self,
        key: Key,
        change: Change,
        *,
        where: Condition | None = None,
        before: bool = False,
        within: float | None = None,
    ) -> Item: ...


class BlockingAsks(Protocol):
    """The same, of a table that blocks."""

    @property
    def met(self) -> bool: ...  # noqa: D102 - said of the class

    def get(  # noqa: D102 - said of the class
        self, key: Key, *, consistent: bool = False, within: float | None = None
    ) -> Item | None: ...

    def change(  # noqa: D102 - said of the class
        self,
        key: Key,
        change: Change,
        *,
        where: Condition | None = None,
        before: bool = False,
        within: float | None = None,
    ) -> Item: ...


async def count(table: Asks, pk: str, steps: Counting, clock: Callable[[], float]) -> Counted:
    """Count a request on an event loop.

    Raises:
        StoreUnavailable: the table did not do it in time.
    """
    left, given = _time(table.met, clock), None
    while True:
        try:
            step = steps.send(given)
        except StopIteration as ended:
            return _counted(ended)
        key = {"pk": pk}
        try:
            match step:
                case Look():
                    given = await table.get(key, consistent=True, within=left())
                case Count(change, where):
                    given = await table.change(key, change, where=where, before=True, within=left())
        except ConditionFailed:
            given = None


def count_blocking(table: BlockingAsks, pk: str, steps: Counting, clock: Callable[[], float]) -> Counted:
    """Count a request in a thread, as `count` does on an event loop."""
    left, given = _time(table.met, clock), None
    while True:
        try:
            step = steps.send(given)
        except StopIteration as ended:
            return _counted(ended)
        key = {"pk": pk}
        try:
            match step:
                case Look():
                    given = table.get(key, consistent=True, within=left())
                case Count(change, where):
                    given = table.change(key, change, where=where, before=True, within=left())
        except ConditionFailed:
            given = None


def _counted(ended: StopIteration) -> Counted:
    counted: Counted = ended.value
    return counted


def _time(met: bool, clock: Callable[[], float]) -> Callable[[], float]:  # noqa: FBT001 - the table's own word
    """Give what says how many seconds are left; it raises StoreUnavailable where none are."""
    ends = clock() + (WITHIN if met else WITHIN_FIRST)

    def left() -> float:
        if (seconds := ends - clock()) <= 0:
            raise StoreUnavailable("a client's requests could not be counted in time")
        return seconds

    return left
