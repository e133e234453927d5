"""dynamodb: answers in one table, which all environments of all functions share, and leases beside them.

An item is an answer, a lease, or both, under one key:

    pk       the key
    value    the answer, JSON compressed with zlib; not there where the source had no such thing
    given fresh stale rescue kept expires    until when it is good for what; `expires` is the table's attribute for TTL
    etag modified control    what the source said of it
    lease holder    until when, and who, is asking the source
"""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from fanin.config.values import Json
from fanin.engine.outcome import Clock
from fanin.errors import AwsError
from fanin.stores.entry import Entry
from fanin.stores.guarded import Guarded
from fanin.stores.store import GLANCE, Found

MAX_ITEM = 400_000
"""Bytes of an item; DynamoDB's own limit is 400 kB. A larger answer is in the memory of environments alone."""
_MOST = 16_000_000
"""Bytes of an answer, decompressed, that are believed."""
_LEVEL = 3
_PUT = "attribute_not_exists(given) OR given < :given"
_LEASE = "(attribute_not_exists(lease) OR lease <= :now) AND (attribute_not_exists(fresh) OR fresh <= :now)"


class DynamoDb:
    """A `SharedStore` in a DynamoDB table with the text `pk` as its key.

    Args:
        service: DynamoDB, bounded.
        table: the table's name.
        wall: seconds since the epoch. Items are deleted long after they expire, so that it is looked at here as well.
    """

    def __init__(self, service: Guarded, table: str, wall: Clock) -> None:
        self._service = service
        self._table = table
        self._wall = wall
        self._holder = uuid4().hex

    @property
    def met(self) -> bool:
        """Whether it has answered before."""
        return self._service.met

    async def get(self, key: str, *, consistent: bool = False, within: float = GLANCE) -> Found:
        """Look a key up; an answer that cannot be read is none."""
        asked = self._at(key) | {"ConsistentRead": consistent}
        answer = await self._service.call("GetItem", asked, within=within)
        item = answer.get("Item", {})
        return Found(_entry(item), _number(item, "lease"))

    async def put(self, key: str, entry: Entry, *, within: float = GLANCE) -> None:
        """Keep an answer, unless there is a newer one, and end the lease of its key."""
        item = _item(key, entry)
        if item is None:
            await self.release(key)
            return
        payload: dict[str, Json] = {"TableName": self._table, "Item": item}
        await self._where("PutItem", payload, _PUT, {":given": _n(entry.given)}, within)

    async def lease(self, key: str, seconds: float, *, within: float = GLANCE) -> bool:
        """Say that one is going to ask the source; False where somebody else is, or there is a fresh answer."""
        now = self._wall()
        # An item that holds nothing but a lease has to go, too.
        update = "SET lease = :until, holder = :holder, expires = if_not_exists(expires, :gone)"
        values: dict[str, Json] = {
            ":until": _n(now + seconds),
            ":holder": {"S": self._holder},
            ":now": _n(now),
            ":gone": {"N": str(int(now + seconds) + 60)},
        }
        return await self._where("UpdateItem", self._at(key) | {"UpdateExpression": update}, _LEASE, values, within)

    async def release(self, key: str) -> None:
        """End one's own lease without an answer."""
        update = self._at(key) | {"UpdateExpression": "REMOVE lease, holder"}
        await self._where("UpdateItem", update, "holder = :holder", {":holder": {"S": self._holder}})

    async def _where(
        self,
        operation: str,
        payload: Mapping[str, Json],
        condition: str,
        values: Mapping[str, Json],
        within: float = GLANCE,
    ) -> bool:
        """Call an operation; False where its condition does not hold."""
        conditional = {**payload, "ConditionExpression": condition, "ExpressionAttributeValues": {**values}}
        try:
            await self._service.call(operation, conditional, within=within)
        except AwsError:
            return False
        return True

    def _at(self, key: str) -> dict[str, Json]:
        return {"TableName": self._table, "Key": {"pk": {"S": key}}}


def _item(key: str, entry: Entry) -> dict[str, Json] | None:
    """Write an answer as an item; None where it is too large for one."""
    texts = {"etag": entry.etag, "modified": entry.last_modified, "control": entry.control}
    item: dict[str, Json] = {
        "pk": {"S": key},
        "given": _n(entry.given),
        "fresh": _n(entry.fresh_until),
        "stale": _n(entry.stale_until),
        "rescue": _n(entry.rescue_until),
        "kept": _n(entry.kept_until),
        "expires": {"N": str(int(entry.kept_until) + 1)},
    }
    item |= {name: {"S": text} for name, text in texts.items() if text}
    size = 200 + len(key) + sum(map(len, texts.values()))  # names and numbers, and then some
    if entry.value is not None:
        compressed = zlib.compress(entry.value, _LEVEL)
        size += len(compressed)
        item["value"] = {"B": b64encode(compressed).decode()}
    return item if size <= MAX_ITEM else None


def _entry(item: Mapping[str, Any]) -> Entry | None:
    """Read an item; None where it holds no answer, or one that is broken."""
    if "given" not in item:
        return None
    value: bytes | None = None
    if "value" in item:
        inflate = zlib.decompressobj()
        try:
            value = inflate.decompress(b64decode(item["value"]["B"]), _MOST)
        except (zlib.error, ValueError):
            return None
        if not inflate.eof:
            return None
    return Entry(
        value,
        given=_number(item, "given"),
        fresh_until=_number(item, "fresh"),
        stale_until=_number(item, "stale"),
        rescue_until=_number(item, "rescue"),
        kept_until=_number(item, "kept"),
        etag=_text(item, "etag"),
        last_modified=_text(item, "modified"),
        control=_text(item, "control"),
    )


def _n(number: float) -> Json:
    return {"N": repr(number)}


def _number(item: Mapping[str, Any], name: str) -> float:
    return float(item[name]["N"]) if name in item else 0.0


def _text(item: Mapping[str, Any], name: str) -> str:
    return str(item[name]["S"]) if name in item else ""
