"""What is kept of connections between two messages, in a table.

One row for each connection, with the names of its subscriptions and its count of messages, and one for each
subscription that goes on. All are gone two hours after the connection came to be, which is as long as it can last.
Every change is one conditional write, so that functions that run at the same time, or twice, agree.
"""

from dataclasses import dataclass, field, replace
from uuid import uuid4

import orjson

from fanin.callers.written import read, written
from fanin.engine.outcome import Clock
from fanin.entrypoints.websocket.handshake import Connected
from fanin.entrypoints.websocket.limits import CONNECTION_LIFE, MAX_MESSAGES, MAX_SUBSCRIPTIONS, MAX_UNREAD
from fanin.entrypoints.websocket.messages import RefusedMessage, Subscribe
from fanin.entrypoints.websocket.refusals import too_many_messages, too_many_subscriptions
from fanin.stores.condition import Absent, Condition, Fewer, Has, above, below, equal
from fanin.stores.errors import ConditionFailed
from fanin.stores.table import EXPIRES, Change, Item, Key, Table, members, number, text, took

KEY = ("connection", "item")
"""The attributes of the table's key, as template.yaml has it."""
LEASE = 35
"""Seconds for which a round has its subscription for itself: longer than a function runs."""

_LEFT_OUT = 1000
"""Numbers that are left out after a round that nobody finished: more than a round has messages."""
_MOST_HELD = 8
"""Tokens that a turn carries: those of older claims are of leases that have ended."""
_CONNECTION = "connection"


@dataclass(frozen=True, slots=True)
class Turn:
    """A round of a subscription that is to be run: what the queue carries.

    Args:
        connection: API Gateway's id of the connection.
        id: the client's name for the subscription.
        generation: tells it from an earlier one of this name.
        round: which round, from 1.
        held: the tokens under which it may hold its subscription already: of claims whose answers were lost.
    """

    connection: str
    id: str
    generation: str
    round: int
    held: tuple[str, ...] = ()

    @property
    def next(self) -> "Turn":
        """The turn after this one."""
        return replace(self, round=self.round + 1, held=())

    def again(self, token: str) -> "Turn":
        """Give the same turn, whose claim under a token may have been made or not."""
        return replace(self, held=(*self.held, token)[-_MOST_HELD:])


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


class CutOff(Exception):
    """The connection goes on sending messages that are refused, and is to be closed."""


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
        self.now = now

    async def open(self, connection: str, connected: Connected | None = None) -> None:
        """Keep a connection, and who it is, if that is known.

        Raises:
            RequestError: what is known of them is too much to be kept.
        """
        counted: Item = {EXPIRES: self._expires, "minute": self._minute, "messages": 0}
        who: Item = {"caller": written(connected.caller), "until": connected.until} if connected else {}
        await self._table.put({**_key(connection), **counted, **who})

    async def connected(self, connection: str) -> Connected | None:
        """Give who has connected; None if they did not say, or the connection is not kept."""
        row = await self._table.get(_key(connection), consistent=True)
        return Connected(read(said), number(row, "until")) if row and (said := text(row, "caller")) else None

    async def close(self, connection: str, *known: str) -> None:
        """Forget a connection and its subscriptions: their next turns will find nothing.

        Args:
            connection: API Gateway's id of the connection.
            known: names of subscriptions that its row need not name, since it may have been forgotten before.
        """
        row = await self._table.delete(_key(connection))
        if names := members(row, "subscriptions").union(known):
            await self._table.delete_all([_key(connection, name) for name in sorted(names)])

    async def take(self, connection: str, joins: str | None = None) -> None:
        """Count a message of a connection, a refused one too: each costs one write, or two.

        Args:
            connection: API Gateway's id of the connection.
            joins: the subscription that the message asks for; one of this name ends.

        Raises:
            RefusedMessage: it is one message, or one subscription, too many.
            CutOff: so many were refused in this minute that the connection is to be closed.
        """
        if joins is not None:
            before = await self._join(connection, joins)
            if before is not None:
                if joins in members(before, "subscriptions"):
                    await self._table.delete(_key(connection, joins))
                return
        minute = self._minute
        read = self._goes_on & below("messages", MAX_MESSAGES + MAX_UNREAD)
        before = await self._counted(connection, Change(add={"messages": 1}), read)
        if before is None:
            before = await self._counted(connection, self._began, self._is_first)
        if before is None:
            raise CutOff
        if minute <= number(before, "minute") <= minute + 1 and number(before, "messages") >= MAX_MESSAGES:
            raise RefusedMessage(too_many_messages())
        if joins is not None:
            raise RefusedMessage(too_many_subscriptions(), joins)

    async def _join(self, connection: str, name: str) -> Item | None:
        """Count a message and add its subscription; gives the row as it was, None where there is no room for either."""
        join = {"subscriptions": frozenset({name})}
        room = Has("subscriptions", name) | Fewer("subscriptions", MAX_SUBSCRIPTIONS)
        more = self._goes_on & below("messages", MAX_MESSAGES) & room
        before = await self._counted(connection, Change(add={"messages": 1}, join=join), more)
        if before is not None:
            return before
        return await self._counted(connection, replace(self._began, join=join), self._is_first & room)

    async def _counted(self, connection: str, change: Change, where: Condition) -> Item | None:
        """Make a change; gives the row as it was before, None where the condition does not hold."""
        try:
            return await self._table.change(_key(connection), change, where=where, before=True)
        except ConditionFailed:
            return None

    @property
    def _began(self) -> Change:
        """The first message of a minute."""
        return Change({"messages": 1, "minute": self._minute}, start={EXPIRES: self._expires})

    @property
    def _goes_on(self) -> Condition:
        """It is the minute that is counted; or the next one is, which has begun by another environment's clock."""
        return equal("minute", self._minute) | equal("minute", self._minute + 1)

    @property
    def _is_first(self) -> Condition:
        """Another minute was counted before; one that is further ahead, a wrong clock has counted."""
        return Absent("minute") | below("minute", self._minute) | above("minute", self._minute + 1)

    async def leave(self, connection: str, name: str) -> None:
        """Forget a subscription."""
        await self._without(connection, name)
        await self._table.delete(_key(connection, name))

    async def end(self, connection: str, name: str, generation: str = "") -> None:
        """Forget a subscription that has come to its end, unless another has taken its name meanwhile.

        Args:
            connection: API Gateway's id of the connection.
            name: the client's name for the subscription.
            generation: which one of this name; empty for one of a single round, of which no row is kept.
        """
        own = Absent("generation") | equal("generation", generation)
        if await took(self._table.delete(_key(connection, name), where=own)):
            await self._without(connection, name)

    async def _without(self, connection: str, name: str) -> None:
        without = Change(leave={"subscriptions": frozenset({name})})
        await took(self._table.change(_key(connection), without, where=Has("subscriptions", name)))

    async def keep(self, connection: str, asked: Subscribe) -> Turn:
        """Keep a subscription that goes on, in place of one of its name; gives its first turn, which is claimed."""
        turn = Turn(connection, asked.id, uuid4().hex, 1)
        row: Item = {
            EXPIRES: self._expires,
            "asked": asked.model_dump_json(),
            "generation": turn.generation,
            "lease": self.now() + LEASE,
            "round": 0,
            "number": 0,
            "seen": "{}",
        }
        await self._table.put({**_key(connection, asked.id), **row})
        return turn

    async def claim(self, turn: Turn, token: str) -> KeptSubscription:
        """Take a turn, for `LEASE` seconds.

        If the turn was taken before and not finished, numbers are left out: some of its messages may have been sent,
        and the gap shows that others were not.

        Args:
            turn: which.
            token: names this claim and no other. If its answer is lost, `turn.again(token)` may be claimed at once.

        Raises:
            Over: there is nothing to do.
            Busy: another round of the subscription runs.
        """
        key, now = _key(turn.connection, turn.id), self.now()
        free: Condition = below("lease", now)
        for held in turn.held:
            free |= equal("holder", held)
        due = equal("generation", turn.generation) & below("round", turn.round) & free
        claimed = Change({"lease": now + LEASE, "holder": token})
        try:
            row = await self._table.change(key, claimed, where=due, before=True)
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
        return int(self.now()) + CONNECTION_LIFE

    @property
    def _minute(self) -> int:
        return int(self.now() // 60)


def _key(connection: str, subscription: str | None = None) -> Key:
    """Name the row of a connection, or of one of its subscriptions."""
    item = _CONNECTION if subscription is None else f"subscription/{subscription}"
    return {"connection": connection, "item": item}
