"""dynamodb_warm: what is kept warm, in the table of the cache.

An item is, under `warm#KEY`: period and asks, how often it was asked for in the latest period; of what is kept warm,
source, task and asked, warm and due, by which the index `due` finds it; expires for TTL. Another is, under
`warm-of#SOURCE#DAY`: keys, the beginnings of the digests of what is kept warm.
"""

from collections.abc import Sequence
from typing import Any

from fanin.errors import AwsError
from fanin.stores.guarded import Guarded
from fanin.stores.warm import ENOUGH, MOST_OF_SOURCE, WANTED_FOR, Warm

_PATIENCE = 2.0
"""Seconds of a question of the minute rule's, whom nobody waits for."""
_DAY = 86_400.0
_DIGITS = 16
"""Digits of a key's digest that are on a list: enough to tell keys apart, and few enough for a small item."""


class DynamoDbWarm:
    """`Wanted` in a DynamoDB table.

    Args:
        service: DynamoDB, bounded.
        table: the table's name.
    """

    def __init__(self, service: Guarded, table: str) -> None:
        self._service = service
        self._table = table

    async def note(self, key: str, source: str, task: str, asked: float, every: float) -> bool:
        """Count a request, and keep its answer warm: four requests to the table at most, each by one condition."""
        if await self._count(key, asked, every) < ENOUGH:
            return False
        if await self._admit(key, source, asked):
            await self._keep(key, source, task, asked, every)
        return True

    async def _count(self, key: str, asked: float, every: float) -> int:
        """Give the requests of this period, this one included; what is kept warm always has enough."""
        period = {":period": {"N": str(int(asked // every))}, ":one": {"N": "1"}}
        more = "SET asks = asks + :one"
        first = "SET period = :period, asks = :one, expires = :expires"
        expires = {":expires": {"N": str(int(asked + 2 * every))}}
        found = await self._where(key, more, "period = :period OR attribute_exists(#warm)", period)
        if found is None:
            found = await self._where(
                key,
                first,
                "attribute_not_exists(#warm) AND (attribute_not_exists(period) OR period <> :period)",
                period | expires,
            )
        # Nothing is found twice only where somebody else's was the first meanwhile: then this request is not counted.
        return int(found["asks"]["N"]) if found else 0

    async def _where(self, key: str, update: str, condition: str, values: dict[str, Any]) -> dict[str, Any] | None:
        """Update what is known of a key, and give what was changed; None where the condition does not hold."""
        payload: dict[str, Any] = {
            "TableName": self._table,
            "Key": {"pk": {"S": f"warm#{key}"}},
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#warm": "warm"},
            "ExpressionAttributeValues": values,
            "ReturnValues": "UPDATED_NEW",
        }
        try:
            answer = await self._service.call("UpdateItem", payload)
        except AwsError:
            return None
        changed: dict[str, Any] = answer["Attributes"]
        return changed

    async def _admit(self, key: str, source: str, asked: float) -> bool:
        """Put a key on the day's list of its source; False where the list is full.

        A list is an item, so that no two requests can take the last place. It leaves with its day: nothing has to
        be taken off it, and no place is lost where somebody fails between two writes.
        """
        day = int(asked // _DAY)
        payload: dict[str, Any] = {
            "TableName": self._table,
            "Key": {"pk": {"S": f"warm-of#{source}#{day}"}},
            "UpdateExpression": "ADD #keys :keys SET expires = :expires",
            "ConditionExpression": "attribute_not_exists(#keys) OR size(#keys) < :most OR contains(#keys, :key)",
            "ExpressionAttributeNames": {"#keys": "keys"},
            "ExpressionAttributeValues": {
                ":key": {"S": (short := key.rpartition("#")[2][:_DIGITS])},
                ":keys": {"SS": [short]},
                ":most": {"N": str(MOST_OF_SOURCE)},
                ":expires": {"N": str(int((day + 2) * _DAY))},
            },
        }
        try:
            await self._service.call("UpdateItem", payload)
        except AwsError:
            return False
        return True

    async def _keep(self, key: str, source: str, task: str, asked: float, every: float) -> None:
        """Write down that an answer is kept warm, and that somebody asked."""
        names = {"#source": "source", "#task": "task", "#due": "due", "#warm": "warm"}
        values: dict[str, Any] = {
            ":source": {"S": source},
            ":task": {"S": task},
            ":asked": {"N": repr(asked)},
            ":due": {"N": repr(asked + every)},
            ":warm": {"S": "y"},
            ":enough": {"N": str(ENOUGH)},
            ":expires": {"N": str(int(asked + 2 * WANTED_FOR))},
        }
        await self._service.call(
            "UpdateItem",
            {
                "TableName": self._table,
                "Key": {"pk": {"S": f"warm#{key}"}},
                "UpdateExpression": (
                    "SET #source = :source, #task = :task, asked = :asked, expires = :expires, #warm = :warm, "
                    "asks = :enough, #due = if_not_exists(#due, :due)"
                ),
                "ExpressionAttributeNames": {**names},
                "ExpressionAttributeValues": values,
            },
        )

    async def due(self, now: float, limit: int) -> Sequence[Warm]:
        """Give what is due, the longest overdue first."""
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": "due",
            "KeyConditionExpression": "#warm = :warm AND #due <= :now",
            "ExpressionAttributeNames": {"#warm": "warm", "#due": "due"},
            "ExpressionAttributeValues": {":warm": {"S": "y"}, ":now": {"N": repr(now)}},
            "Limit": limit,
        }
        answer = await self._service.call("Query", query, within=_PATIENCE)
        return [
            Warm(
                key=item["pk"]["S"].removeprefix("warm#"),
                source=item["source"]["S"],
                task=item["task"]["S"],
                asked=float(item["asked"]["N"]),
                due=float(item["due"]["N"]),
            )
            for item in answer["Items"]
        ]

    async def move(self, warm: Warm, due: float | None) -> bool:
        """Set what is due next, where nobody else has."""
        values: dict[str, Any] = {":before": {"N": repr(warm.due)}}
        if due is not None:
            values[":due"] = {"N": repr(due)}
        names = {"#due": "due"} if due is not None else {"#due": "due", "#warm": "warm"}
        payload: dict[str, Any] = {
            "TableName": self._table,
            "Key": {"pk": {"S": f"warm#{warm.key}"}},
            "UpdateExpression": "REMOVE #due, #warm, asks, period" if due is None else "SET #due = :due",
            "ConditionExpression": "#due = :before",
            "ExpressionAttributeNames": {**names},
            "ExpressionAttributeValues": values,
        }
        try:
            await self._service.call("UpdateItem", payload, within=_PATIENCE)
        except AwsError:
            return False
        return True
