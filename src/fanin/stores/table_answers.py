"""Answers in one table, which all environments of all functions share, and leases beside them.

An item is an answer, a lease, or both, under one key:

    pk       the key
    value    the answer, JSON compressed with zlib; not there where the source had no such thing
    given fresh stale rescue kept expires    until when it is good for what; `expires` is the table's attribute for TTL
    etag modified control    what the source said of it
    lease holder    until when, and who, is asking the source
"""

import zlib
from functools import cached_property
from uuid import uuid4

from fanin.engine.outcome import Clock
from fanin.engine.snapshots import forgotten_in_snapshots
from fanin.stores.condition import Absent, Value, at_most, below, equal
from fanin.stores.entry import Entry
from fanin.stores.errors import StoreTooLarge
from fanin.stores.store import GLANCE, Found
from fanin.stores.table import EXPIRES, Change, Item, Key, Table, binary, number, text, took

_MOST = 16_000_000
"""Bytes of an answer, decompressed, that are believed."""
_LEVEL = 3


class TableAnswers:
    """A `SharedStore` in a table with the text `pk` as its key.

    Args:
        table: the table.
        now: seconds since the epoch. Items are deleted long after they expire, so that it is looked at here as well.
    """

    def __init__(self, table: Table, now: Clock) -> None:
        self._table = table
        self._now = now
        forgotten_in_snapshots(self._forget_holder)

    @cached_property
    def _holder(self) -> str:
        """Who has this environment's leases: drawn with the first, since environments share what a snapshot has."""
        return uuid4().hex

    def _forget_holder(self) -> None:
        vars(self).pop("_holder", None)

    @property
    def met(self) -> bool:
        """Whether it has answered before."""
        return self._table.met

    async def get(self, key: str, *, consistent: bool = False, within: float = GLANCE) -> Found:
        """Look a key up; an answer that cannot be read is none."""
        item = await self._table.get(_at(key), consistent=consistent, within=within) or {}
        return Found(_entry(item), number(item, "lease"))

    async def put(self, key: str, entry: Entry, *, within: float = GLANCE) -> None:
        """Keep an answer, unless there is a newer one or it is too large, and end the lease of its key."""
        newest = Absent("given") | below("given", entry.received)
        try:
            await took(self._table.put(_item(key, entry), where=newest, within=within))
        except StoreTooLarge:  # it is in the memory of environments alone
            await self.release(key)

    async def lease(self, key: str, seconds: float, *, within: float = GLANCE) -> bool:
        """Say that one is going to ask the source; False where somebody else is, or there is a fresh answer."""
        now = self._now()
        # An item that holds nothing but a lease has to go, too.
        leased = Change({"lease": now + seconds, "holder": self._holder}, start={EXPIRES: int(now + seconds) + 60})
        free = Absent("lease") | at_most("lease", now)
        stale = Absent("fresh") | at_most("fresh", now)
        return await took(self._table.change(_at(key), leased, where=free & stale, within=within))

    async def release(self, key: str) -> None:
        """End one's own lease without an answer."""
        own = equal("holder", self._holder)
        await took(self._table.change(_at(key), Change(drop=("lease", "holder")), where=own))


def _at(key: str) -> Key:
    return {"pk": key}


def _item(key: str, entry: Entry) -> Item:
    """Write an answer as an item."""
    texts = {"etag": entry.etag, "modified": entry.last_modified, "control": entry.control}
    item: dict[str, Value] = {
        "pk": key,
        "given": entry.received,
        "fresh": entry.fresh_until,
        "stale": entry.stale_until,
        "rescue": entry.rescue_until,
        "kept": entry.kept_until,
        EXPIRES: int(entry.kept_until) + 1,
    }
    item |= {name: said for name, said in texts.items() if said}
    return item if entry.value is None else item | {"value": zlib.compress(entry.value, _LEVEL)}


def _entry(item: Item) -> Entry | None:
    """Read an item; None where it holds no answer, or one that is broken."""
    if "given" not in item:
        return None
    value: bytes | None = None
    if (compressed := binary(item, "value")) is not None:
        inflate = zlib.decompressobj()
        try:
            value = inflate.decompress(compressed, _MOST)
        except zlib.error:
            return None
        if not inflate.eof:
            return None
    return Entry(
        value,
        received=number(item, "given"),
        fresh_until=number(item, "fresh"),
        stale_until=number(item, "stale"),
        rescue_until=number(item, "rescue"),
        kept_until=number(item, "kept"),
        etag=text(item, "etag"),
        last_modified=text(item, "modified"),
        control=text(item, "control"),
    )
