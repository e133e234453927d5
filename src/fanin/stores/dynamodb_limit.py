"""dynamodb_limit: the calls of all environments, counted in a DynamoDB table.

One item for each thing that is counted:

    pk              its key
    period count    the latest period in which a call started, and how many have
    held            until when all are held back
    expires         the table's attribute for TTL
"""

from collections.abc import Mapping
from typing import Any

from fanin.config.values import Json
from fanin.errors import AwsError
from fanin.stores.guarded import Guarded
from fanin.stores.store import GLANCE

_ROOM = "period = :period AND #count < :calls AND (attribute_not_exists(held) OR held <= :now)"
_FIRST = "(attribute_not_exists(period) OR period < :period) AND (attribute_not_exists(held) OR held <= :now)"
_NAMES: Json = {"#count": "count"}
"""`count` is a word of DynamoDB's own."""
_KEPT = 60.0
"""Seconds for which an item is kept behind its last use."""


class DynamoDbLimit:
    """A `SharedLimit` in a DynamoDB table with the text `pk` as its key.

    Args:
        service: DynamoDB, bounded.
        table: the table's name.
        within: seconds of one request to it.
    """

    def __init__(self, service: Guarded, table: str, *, within: float = GLANCE) -> None:
        self._service = service
        self._table = table
        self._within = within

    async def take(self, key: str, calls: int, per: float, now: float) -> float:
        """Count a call: one request to the table, another for the first of a period, and four where it has to wait."""
        period = int(now // per)
        ends = (period + 1) * per
        values = {":period": _n(period), ":now": _n(now), ":one": _n(1)}
        one_more = ("SET #count = #count + :one", _ROOM, values | {":calls": _n(calls)})
        first = (
            "SET period = :period, #count = :one, expires = :expires",
            _FIRST,
            values | {":expires": _n(int(ends + _KEPT))},
        )
        for update, condition, named in (one_more, first, one_more):  # somebody else may be the first meanwhile
            if await self._where(key, update, condition, named, _NAMES):
                return now
        item = (await self._service.call("GetItem", self._at(key), within=self._within)).get("Item", {})
        held = float(item["held"]["N"]) if "held" in item else 0.0
        return held if held > now else ends

    async def hold(self, key: str, until: float) -> None:
        """Hold all calls back until a moment, or until a later one that was said before."""
        values = {":until": _n(until), ":expires": _n(int(until + _KEPT))}
        update = "SET held = :until, expires = :expires"
        await self._where(key, update, "attribute_not_exists(held) OR held < :until", values)

    async def _where(
        self, key: str, update: str, condition: str, values: Mapping[str, Json], names: Json = None
    ) -> bool:
        """Update an item; False where the condition does not hold."""
        payload: dict[str, Json] = self._at(key) | {
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": {**values},
        }
        try:
            named = payload | ({"ExpressionAttributeNames": names} if names else {})
            await self._service.call("UpdateItem", named, within=self._within)
        except AwsError:
            return False
        return True

    def _at(self, key: str) -> dict[str, Any]:
        return {"TableName": self._table, "Key": {"pk": {"S": key}}}


def _n(number: float) -> Json:
    return {"N": repr(number)}
