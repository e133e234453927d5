"""What is kept of connections between two messages, in a table.

One row for each connection, with the names of its subscriptions and its count of messages, and one for each
subscription that goes on. All are gone two hours after the connection came to be, which is as long as it can last.
Every change is one conditional write, so that functions that run at the same time, or twice, agree.
"""

from dataclasses import dataclass, field, replace
from uuid import uuid4

import orjson

from fanin.engine.outcome import Clock
from fanin.entrypoints.websocket.limits import CONNECTION_LIFE, MAX_MESSAGES, MAX_SUBSCRIPTIONS
from fanin.entrypoints.websocket.messages import RefusedMessage, Subscribe
from fanin.entrypoints.websocket.refusals import too_many_messages, too_many_subscriptions
from fanin.errors import ConditionFailed
from fanin.stores.condition import Absent, Fewer, Has, below, equal
from fanin.stores.table import EXPIRES, Change, Item, Key, Table, members, number, text, took

KEY = ("connection", "item")
"""The attributes of the table's key, as template.yaml has it."""
LEASE = 35
"""Seconds for which a round has its subscription for itself: longer than a function runs."""

_LEFT_OUT = 1000
"""Numbers that are left out after a round that nobody finished: more than a round has messages."""
_CONNECTION = "connection"


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
class KeptSubscription:
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
    """The connections, and their subscriptions.

    Args:
        table: where they are kept, with `KEY`.
        now: gives the seconds since 1970.
    """

    def __init__(self, table: Table, now: Clock) -> None:
        self._table = table
        self._now = now

    async def open(self, connection: str) -> None:
        """Keep a connection."""
        counted = {EXPIRES: self._expires, "minute": self._minute, "messages": 0}
        await self._table.put({**_key(connection), **counted})

    async def close(self, connection: str) -> None:
        """Forget a connection and its subscriptions: their next turns will find nothing."""
        row = await self._table.delete(_key(connection))
        if names := members(row, "subscriptions"):
            await self._table.delete_all([_key(connection, name) for name in sorted(names)])

    async def take(self, connection: str, joins: str | None = None) -> None:
        """Count a message of a connection.

        Args:
            connection: API Gateway's id of the connection.
            joins: the subscription that the message asks for; one of this name ends.

        Raises:
            RefusedMessage: it is one message, or one subscription, too many.
        """
        minute = self._minute
        more = equal("minute", minute) & below("messages", MAX_MESSAGES)
        first = Absent("minute") | below("minute", minute)
        join: dict[str, frozenset[str]] = {}
        if joins is not None:
            join = {"subscriptions": frozenset({joins})}
            room = Has("subscriptions", joins) | Fewer("subscriptions", MAX_SUBSCRIPTIONS)
            more, first = more & room, first & room
        began = Change({"messages": 1, "minute": minute}, start={EXPIRES: self._expires}, join=join)
        for change, where in ((Change(add={"messages": 1}, join=join), more), (began, first)):
            try:
                before = await self._table.change(_key(connection), change, where=where, before=True)
            except ConditionFailed:
                continue
            if joins is not None and joins in members(before, "subscriptions"):
                await self._table.delete(_key(connection, joins))
            return
        row = await self._table.get(_key(connection), consistent=True) or {}
        many = number(row, "minute") == minute and number(row, "messages") >= MAX_MESSAGES
        raise RefusedMessage(too_many_messages()) if many else RefusedMessage(too_many_subscriptions(), joins)

    async def leave(self, connection: str, name: str) -> None:
        """Forget a subscription."""
        without = Change(leave={"subscriptions": frozenset({name})})
        await took(self._table.change(_key(connection), without, where=Has("subscriptions", name)))
        await self._table.delete(_key(connection, name))

    async def keep(self, connection: str, asked: Subscribe) -> Turn:
        """Keep a subscription that goes on, in place of one of its name; gives its first turn, which is claimed."""
        turn = Turn(connection, asked.id, uuid4().hex, 1)
        row: Item = {
            EXPIRES: self._expires,
            "asked": asked.model_dump_json(),
            "generation": turn.generation,
            "lease": self._now() + LEASE,
            "round": 0,
            "number": 0,
            "seen": "{}",
        }
        await self._table.put({**_key(connection, asked.id), **row})
        return turn

    async def claim(self, turn: Turn) -> KeptSubscription:
        """Take a turn, for `LEASE` seconds.

        Where whoever had the turn before did not finish it, numbers are left out: some of its messages may have been
        sent, and the gap shows that others were not.

        Raises:
            Over: there is nothing to do.
            Busy: another round of the subscription runs.
        """
        key, now = _key(turn.connection, turn.id), self._now()
        due = equal("generation", turn.generation) & below("round", turn.round) & below("lease", now)
        try:
            row = await self._table.change(key, Change({"lease": now + LEASE}), where=due, before=True)
        except ConditionFailed:
            found = await self._table.get(key, consistent=True)
            over = not found or text(found, "generation") != turn.generation or number(found, "round") >= turn.round
            raise (Over if over else Busy) from None
        unfinished = number(row, "lease") > 0
        return KeptSubscription(
            asked=Subscribe.model_construct(**orjson.loads(text(row, "asked"))),
            number=int(number(row, "number")) + (_LEFT_OUT if unfinished else 0),
            seen=orjson.loads(text(row, "seen")),
        )

    async def finish(self, turn: Turn, number: int, seen: dict[str, str]) -> None:
        """Keep what a round has come to, unless the subscription has ended meanwhile."""
        done = Change({"round": turn.round, "lease": 0, "number": number, "seen": orjson.dumps(seen).decode()})
        own = equal("generation", turn.generation)
        await took(self._table.change(_key(turn.connection, turn.id), done, where=own))

    @property
    def _expires(self) -> int:
        return int(self._now()) + CONNECTION_LIFE

    @property
    def _minute(self) -> int:
        return int(self._now() // 60)


def _key(connection: str, subscription: str | None = None) -> Key:
    """Name the row of a connection, or of one of its subscriptions."""
    item = _CONNECTION if subscription is None else f"subscription/{subscription}"
    return {"connection": connection, "item": item}
