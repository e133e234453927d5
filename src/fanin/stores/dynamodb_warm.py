"""dynamodb_warm: what is kept warm, in the table of the cache.

An item is, under `warm#KEY`: source, task and asked; warm and due, by which the index `due` finds it; expires for TTL.
"""

from collections.abc import Sequence
from typing import Any

from fanin.errors import AwsError
from fanin.stores.guarded import Guarded
from fanin.stores.warm import WANTED_FOR, Warm

_PATIENCE = 2.0
"""Seconds of a question of the minute rule's, whom nobody waits for."""


class DynamoDbWarm:
    """`Wanted` in a DynamoDB table.

    Args:
        service: DynamoDB, bounded.
        table: the table's name.
    """

    def __init__(self, service: Guarded, table: str) -> None:
        self._service = service
        self._table = table

    async def note(self, key: str, source: str, task: str, asked: float, due: float) -> None:
        """Write down that somebody asked."""
        names = {"#source": "source", "#task": "task", "#due": "due", "#warm": "warm"}
        values: dict[str, Any] = {
            ":source": {"S": source},
            ":task": {"S": task},
            ":asked": {"N": repr(asked)},
            ":due": {"N": repr(due)},
            ":warm": {"S": "y"},
            ":expires": {"N": str(int(asked + 2 * WANTED_FOR))},
        }
        await self._service.call(
            "UpdateItem",
            {
                "TableName": self._table,
                "Key": {"pk": {"S": f"warm#{key}"}},
                "UpdateExpression": (
                    "SET #source = :source, #task = :task, asked = :asked, expires = :expires, #warm = :warm, "
                    "#due = if_not_exists(#due, :due)"
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
            "UpdateExpression": "REMOVE #due, #warm" if due is None else "SET #due = :due",
            "ConditionExpression": "#due = :before",
            "ExpressionAttributeNames": {**names},
            "ExpressionAttributeValues": values,
        }
        try:
            await self._service.call("UpdateItem", payload, within=_PATIENCE)
        except AwsError:
            return False
        return True
