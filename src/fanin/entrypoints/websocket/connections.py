"""What is kept of connections between two messages, in DynamoDB.

One row for each connection, with the names of its subscriptions and its count of messages, and one for each
subscription that goes on. All are gone two hours after the connection came to be, which is as long as it can last.
Every change is one conditional write, so that functions that run at the same time, or twice, agree.
"""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import orjson

from fanin.aws.client import Aws
from fanin.engine.outcome import Clock
from fanin.entrypoints.websocket.limits import AWS_TIMEOUT, CONNECTION_LIFE, MAX_MESSAGES, MAX_SUBSCRIPTIONS
from fanin.entrypoints.websocket.messages import Refused, Subscribe
from fanin.entrypoints.websocket.refusals import too_many_messages, too_many_subscriptions
from fanin.errors import AwsError

LEASE = 35
"""Seconds for which a round has its subscription for itself: longer than a function runs."""

_LEFT_OUT = 1000
"""Numbers that are left out after a round that nobody finished: more than a round has messages."""
_CONNECTION = "connection"
_ROOM = "(attribute_not_exists(subscriptions) OR contains(subscriptions, :id) OR size(subscriptions) < :most)"
_CONDITION_FAILED = "ConditionalCheckFailedException"

type _Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Turn:
    """A round of a subscription that is to be run: what the queue carries.

    Args:
        connection: API Gateway's id of the connection.
        id: the client's name for the subscription.
        generation: tells it from an earlier one of this name.
        round: which round, from 1.
    """

    connection: str
    id: str
    generation: str
    round: int

    @property
    def next(self) -> "Turn":
        """The turn after this one."""
        return replace(self, round=self.round + 1)


@dataclass(slots=True)
class Kept:
    """What is kept of a subscription from one round to the next.

    Args:
        asked: what the client asked for.
        number: the last message's number.
        seen: a digest of what the client was sent last of each source.
    """

    asked: Subscribe
    number: int = 0
    seen: dict[str, str] = field(default_factory=dict)


class Over(Exception):
    """The turn is not to be run: the subscription has ended or been replaced, or the round has been run."""


class Busy(Exception):
    """The turn is not to be run yet: another round of the subscription runs."""


class Connections:
    """The table.

    Args:
        aws: reaches DynamoDB.
        table: the table's name; `connection` is its partition key and `item` its sort key.
        wall: gives the seconds since 1970.
    """

    def __init__(self, aws: Aws, table: str, wall: Clock) -> None:
        self._aws = aws
        self._table = table
        self._wall = wall

    async def open(self, connection: str) -> None:
        """Keep a connection."""
        row = self._key(connection, _CONNECTION) | {
            "expires": _number(self._expires),
            "minute": _number(self._minute),
            "messages": _number(0),
        }
        await self._call("PutItem", {"Item": row})

    async def close(self, connection: str) -> None:
        """Forget a connection and its subscriptions: their next turns will find nothing."""
        key = {"Key": self._key(connection, _CONNECTION)}
        row = (await self._call("DeleteItem", key | {"ReturnValues": "ALL_OLD"})).get("Attributes", {})
        if names := row.get("subscriptions", {}).get("SS", []):
            deletes = [{"DeleteRequest": {"Key": self._key(connection, _item(name))}} for name in names]
            request: _Row = {"RequestItems": {self._table: deletes}}
            await self._aws.call("dynamodb", "BatchWriteItem", request, timeout=AWS_TIMEOUT)

    async def take(self, connection: str, joins: str | None = None) -> None:
        """Count a message of a connection.

        Args:
            connection: API Gateway's id of the connection.
            joins: the subscription that the message asks for; one of this name ends.

        Raises:
            Refused: it is one message, or one subscription, too many.
        """
        values: dict[str, Any] = {":one": _number(1), ":minute": _number(self._minute)}
        add, room = "", ""
        if joins is not None:
            add = " ADD subscriptions :ids"
            room = f" AND {_ROOM}"
            values |= {":id": {"S": joins}, ":ids": {"SS": [joins]}, ":most": _number(MAX_SUBSCRIPTIONS)}
        before = await self._update(
            connection,
            _CONNECTION,
            f"SET messages = messages + :one{add}",
            f"#minute = :minute AND messages < :many{room}",
            values | {":many": _number(MAX_MESSAGES)},
        )
        if before is None:
            before = await self._update(
                connection,
                _CONNECTION,
                f"SET messages = :one, #minute = :minute, expires = if_not_exists(expires, :expires){add}",
                f"(attribute_not_exists(#minute) OR #minute < :minute){room}",
                values | {":expires": _number(self._expires)},
            )
        if before is None:
            row = await self._get(connection, _CONNECTION)
            many = row["minute"] == _number(self._minute) and int(row["messages"]["N"]) >= MAX_MESSAGES
            raise Refused(too_many_messages()) if many else Refused(too_many_subscriptions(), joins)
        if joins is not None and joins in before.get("subscriptions", {}).get("SS", []):
            await self._call("DeleteItem", {"Key": self._key(connection, _item(joins))})

    async def leave(self, connection: str, name: str) -> None:
        """Forget a subscription."""
        await self._update(connection, _CONNECTION, "DELETE subscriptions :ids", "", {":ids": {"SS": [name]}})
        await self._call("DeleteItem", {"Key": self._key(connection, _item(name))})

    async def keep(self, connection: str, asked: Subscribe) -> Turn:
        """Keep a subscription that goes on, in place of one of its name; gives its first turn, which is claimed."""
        turn = Turn(connection, asked.id, uuid4().hex, 1)
        row = self._key(connection, _item(asked.id)) | {
            "expires": _number(self._expires),
            "asked": {"S": asked.model_dump_json()},
            "generation": {"S": turn.generation},
            "lease": _number(self._wall() + LEASE),
            "round": _number(0),
            "number": _number(0),
            "seen": {"S": "{}"},
        }
        await self._call("PutItem", {"Item": row})
        return turn

    async def claim(self, turn: Turn) -> Kept:
        """Take a turn, for `LEASE` seconds.

        Where whoever had the turn before did not finish it, numbers are left out: some of its messages may have been
        sent, and the gap shows that others were not.

        Raises:
            Over: there is nothing to do.
            Busy: another round of the subscription runs.
        """
        row = await self._update(
            turn.connection,
            _item(turn.id),
            "SET lease = :until",
            "generation = :generation AND #round < :round AND lease < :now",
            {
                ":until": _number(self._wall() + LEASE),
                ":generation": {"S": turn.generation},
                ":round": _number(turn.round),
                ":now": _number(self._wall()),
            },
        )
        if row is None:
            found = await self._get(turn.connection, _item(turn.id))
            gone = not found or found["generation"]["S"] != turn.generation or int(found["round"]["N"]) >= turn.round
            raise Over if gone else Busy
        unfinished = float(row["lease"]["N"]) > 0
        return Kept(
            asked=Subscribe.model_construct(**orjson.loads(row["asked"]["S"])),
            number=int(row["number"]["N"]) + (_LEFT_OUT if unfinished else 0),
            seen=orjson.loads(row["seen"]["S"]),
        )

    async def finish(self, turn: Turn, number: int, seen: dict[str, str]) -> None:
        """Keep what a round has come to, unless the subscription has ended meanwhile."""
        await self._update(
            turn.connection,
            _item(turn.id),
            "SET #round = :round, lease = :none, #number = :number, seen = :seen",
            "generation = :generation",
            {
                ":round": _number(turn.round),
                ":none": _number(0),
                ":number": _number(number),
                ":seen": {"S": orjson.dumps(seen).decode()},
                ":generation": {"S": turn.generation},
            },
        )

    @property
    def _expires(self) -> int:
        return int(self._wall()) + CONNECTION_LIFE

    @property
    def _minute(self) -> int:
        return int(self._wall() // 60)

    @staticmethod
    def _key(connection: str, item: str) -> _Row:
        return {"connection": {"S": connection}, "item": {"S": item}}

    async def _get(self, connection: str, item: str) -> _Row:
        found = await self._call("GetItem", {"Key": self._key(connection, item), "ConsistentRead": True})
        row: _Row = found.get("Item", {})
        return row

    async def _update(
        self, connection: str, item: str, update: str, condition: str, values: dict[str, Any]
    ) -> _Row | None:
        """Change a row; give what it was before, or None where the condition did not hold."""
        names = {f"#{name}": name for name in ("minute", "round", "number") if f"#{name}" in update + condition}
        request = {
            "Key": self._key(connection, item),
            "UpdateExpression": update,
            "ExpressionAttributeValues": values,
            "ReturnValues": "ALL_OLD",
        }
        request |= {"ConditionExpression": condition} if condition else {}
        request |= {"ExpressionAttributeNames": names} if names else {}
        try:
            row: _Row = (await self._call("UpdateItem", request)).get("Attributes", {})
        except AwsError as error:
            if error.code != _CONDITION_FAILED:
                raise
            return None
        return row

    async def _call(self, operation: str, request: dict[str, Any]) -> _Row:
        answer: _Row = await self._aws.call(
            "dynamodb", operation, {"TableName": self._table, **request}, timeout=AWS_TIMEOUT
        )
        return answer


def _item(subscription: str) -> str:
    return f"subscription/{subscription}"


def _number(value: float) -> dict[str, str]:
    return {"N": str(value)}
