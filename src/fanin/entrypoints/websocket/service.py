"""A connection that API Gateway holds: every message, and every round, is an invocation of its own."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Protocol
from uuid import uuid4

from fanin.contract import problems
from fanin.engine.invocation import Invocation
from fanin.entrypoints.websocket import rounds
from fanin.entrypoints.websocket.connections import Busy, Connections, CutOff, KeptSubscription, Over, Turn
from fanin.entrypoints.websocket.handshake import Connected
from fanin.entrypoints.websocket.limits import AWS_TIMEOUT, LEAST_EVERY, PAUSE
from fanin.entrypoints.websocket.messages import RefusedMessage, Subscribe, Unsubscribe, parse
from fanin.entrypoints.websocket.refusals import subscriptions_unavailable
from fanin.entrypoints.websocket.rounds import Gone
from fanin.entrypoints.websocket.subject import Subject, Subjects
from fanin.entrypoints.websocket.subscription import Subscription, failure, refusal, unsubscribed
from fanin.errors import RequestError
from fanin.stores.errors import StoreRefused, StoreUnavailable

logger = logging.getLogger("fanin")


class Post(Protocol):
    """Sends messages to clients, and ends connections."""

    async def close(self, connection: str) -> None:
        """End a connection."""
        ...

    async def send(self, connection: str, text: str) -> None:
        """Send a message; raises Gone where the connection has ended."""
        ...


class NextRounds(Protocol):
    """Lets turns come."""

    async def send(self, turn: Turn, delay: float) -> None:
        """Let a turn come in so many seconds."""
        ...


class Service:
    """What the function does.

    Args:
        subjects: what can be subscribed to.
        connections: what is kept of them.
        post: sends messages to clients.
        later: lets turns come.
    """

    def __init__(self, subjects: Subjects, connections: Connections, post: Post, later: NextRounds) -> None:
        self._subjects = subjects
        self._connections = connections
        self._post = post
        self._later = later

    async def connected(self, connection: str, who: Connected | None = None) -> None:
        """Keep a new connection. Nothing can be posted to it yet.

        Args:
            connection: API Gateway's id of the connection.
            who: who it is; None if they did not say.

        Raises:
            RequestError: who it is cannot be kept.
        """
        try:
            await self._connections.open(connection, who)
        except StoreUnavailable as error:  # the first message makes up for it, unless it counts who it is
            logger.warning("connections are not kept", extra={"connection": connection, "reason": str(error)})
            if who:
                raise subscriptions_unavailable("connections are not kept at the moment; try again") from error

    async def disconnected(self, connection: str) -> None:
        """Forget a connection, and so end its work. API Gateway does not promise to say that one has ended."""
        try:
            await self._connections.close(connection)
        except StoreUnavailable as error:  # the next message that is posted finds it gone
            logger.warning("connections are not kept", extra={"connection": connection, "reason": str(error)})

    async def received(self, connection: str, text: str, invocation: Invocation) -> None:
        """Do what a client asks for; a subscription's first round ends within the invocation.

        Args:
            connection: API Gateway's id of the connection.
            text: the client's message.
            invocation: the id under which this is logged, and the moment at which it must be over.
        """
        try:
            await self._take(connection, text, invocation)
        except RefusedMessage as refused:
            await self._answer(connection, refusal(refused.error, refused.id))
        except CutOff:
            await self._post.close(connection)
        except Gone:
            await self._connections.close(connection)

    async def due(self, turn: Turn, invocation: Invocation) -> None:
        """Run a turn that has come, unless its subscription has ended.

        While the table does not answer, the turn comes again soon, and the client is told. It is not left to the queue,
        which would hand it over minutes later, and a few times only.
        """
        token = uuid4().hex
        try:
            kept = await self._connections.claim(turn, token)
            who = await self._who(turn.connection, kept.asked)
        except Over:
            return
        except Busy:
            await _kept(lambda: self._later.send(turn, LEAST_EVERY), invocation)
        except StoreUnavailable as error:
            with contextlib.suppress(Gone):
                await self._late(turn, error, f"this round is late; it is tried again in {LEAST_EVERY:g} s")
                await _kept(lambda: self._later.send(turn.again(token), LEAST_EVERY), invocation)
        else:
            await self._claimed(turn, kept, who, invocation)

    async def _claimed(self, turn: Turn, kept: KeptSubscription, who: Connected | None, invocation: Invocation) -> None:
        try:
            invocation = self._by(who, invocation)
            await self._run(turn, kept, self._subjects.find(kept.asked, invocation.caller), who, invocation)
        except RequestError as error:  # credentials have expired, or what is served has changed
            await _kept(lambda: self._connections.end(turn.connection, turn.id, turn.generation), invocation)
            ended = Subscription(turn.id, number=kept.number).ended(problems.request_problem(error))
            await self._answer(turn.connection, ended)
        except Gone:
            await self._connections.close(turn.connection, turn.id)

    async def _late(self, turn: Turn, error: StoreUnavailable, detail: str) -> None:
        """Tell a client that a round is late."""
        logger.warning("connections are not kept", extra={"connection": turn.connection, "reason": str(error)})
        await self._post.send(turn.connection, refusal(subscriptions_unavailable(detail), turn.id))

    async def failed(self, connection: str) -> None:
        """Tell a client that its message came to nothing for a fault of fanin's own."""
        await self._answer(connection, failure())

    async def _take(self, connection: str, text: str, invocation: Invocation) -> None:
        who, subject = None, None
        try:
            message = parse(text)
            if isinstance(message, Subscribe):
                with _refused(message.id):
                    who = await self._who(connection, message)
                invocation, subject = await self._subject(message, who, invocation)
        except RefusedMessage as refused:
            await self._count(connection)
            raise refused from None
        await self._count(connection, joins=message.id if subject else None)
        match message:
            case Subscribe(pace=None) if subject:
                await self._once(connection, message, subject, invocation)
            case Subscribe(pace=float() as pace) if subject:
                with _refused(message.id):
                    turn = await self._begun(connection, message, self._until_next(pace, who))
                await self._round(turn, KeptSubscription(message), subject, invocation)
            case Unsubscribe(id=id_):
                with _refused(id_):
                    await self._connections.leave(connection, id_)
                await self._post.send(connection, unsubscribed(id_))

    async def _subject(
        self, asked: Subscribe, who: Connected | None, invocation: Invocation
    ) -> tuple[Invocation, Subject]:
        try:
            invocation = self._by(who, invocation)
            return invocation, await self._subjects.let_in(asked, invocation)
        except RequestError as error:
            raise RefusedMessage(error, asked.id) from error

    async def _who(self, connection: str, asked: Subscribe) -> Connected | None:
        """Look up who has connected, if it counts."""
        return await self._connections.connected(connection) if self._subjects.asks_who(asked) else None

    def _by(self, who: Connected | None, invocation: Invocation) -> Invocation:
        """Give an invocation that says who asks.

        Raises:
            RequestError: their credentials have expired.
        """
        return replace(invocation, caller=who.at(self._connections.now())) if who else invocation

    def _until_next(self, pace: float, who: Connected | None) -> float:
        """Give the seconds until the next turn: to its next round, or until the client's credentials expire."""
        return min(pace, who.until - self._connections.now()) if who else pace

    async def _count(self, connection: str, joins: str | None = None) -> None:
        """Hold a connection to its bounds; where the table is out of order, there are none."""
        try:
            await self._connections.take(connection, joins)
        except StoreUnavailable as error:
            logger.warning("connections are not kept", extra={"connection": connection, "reason": str(error)})

    async def _once(self, connection: str, asked: Subscribe, subject: Subject, invocation: Invocation) -> None:
        await rounds.run(subject, Subscription(asked.id, subject.url), self._sender(connection), invocation)
        with contextlib.suppress(StoreUnavailable):
            await self._connections.end(connection, asked.id)

    async def _begun(self, connection: str, asked: Subscribe, pace: float) -> Turn:
        """Keep a subscription, and let its second turn come; of one that cannot go on, nothing is kept."""
        try:
            turn = await self._connections.keep(connection, asked)
            await self._later.send(turn.next, pace)
        except StoreUnavailable:
            with contextlib.suppress(StoreUnavailable):
                await self._connections.leave(connection, asked.id)
            raise
        return turn

    async def _run(
        self, turn: Turn, kept: KeptSubscription, subject: Subject, who: Connected | None, invocation: Invocation
    ) -> None:
        """Run a turn that has been claimed. The next is sent first: should this one break off, the next goes on.

        If the queue does not take the next one, the round is run all the same, and the next is sent after it.
        """
        assert kept.asked.pace is not None
        pace = self._until_next(kept.asked.pace, who)
        clock = asyncio.get_running_loop().time
        due = clock() + pace
        try:
            await self._later.send(turn.next, pace)
        except StoreUnavailable as error:
            await self._late(turn, error, "the round after this one may be late")
            await self._round(
                turn, kept, subject, invocation, lambda: self._later.send(turn.next, max(0.0, due - clock()))
            )
        else:
            await self._round(turn, kept, subject, invocation)

    async def _round(
        self,
        turn: Turn,
        kept: KeptSubscription,
        subject: Subject,
        invocation: Invocation,
        send_next: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Run a round, and keep what it has come to: the subscription is free for the next one only then."""
        pace = kept.asked.pace
        subscription = Subscription(turn.id, subject.url, kept.number, kept.seen)
        try:
            goes_on = await rounds.run(subject, subscription, self._sender(turn.connection), invocation, again_in=pace)
        except Gone:
            await self._connections.close(turn.connection, turn.id)
            return
        if goes_on:
            if send_next:
                await _kept(send_next, invocation)
            number, seen = subscription.number, subscription.seen
            await _kept(lambda: self._connections.finish(turn, number, seen), invocation)
        else:
            await _kept(lambda: self._connections.end(turn.connection, turn.id, turn.generation), invocation)

    async def _answer(self, connection: str, text: str) -> None:
        try:
            await self._post.send(connection, text)
        except Gone:  # the message that this answers may have come behind `$disconnect`, and have made the row again
            await self.disconnected(connection)

    def _sender(self, connection: str) -> rounds.SendText:
        return lambda text: self._post.send(connection, text)


async def _kept(keep: Callable[[], Awaitable[None]], invocation: Invocation) -> None:
    """Keep something, again and again until the invocation is nearly over: else a subscription falls silent.

    Raises:
        StoreUnavailable: the table or the queue did not answer in all that time.
    """
    clock = asyncio.get_running_loop().time
    while True:
        try:
            return await keep()
        except StoreUnavailable as error:
            logger.warning("connections are not kept", extra={"reason": str(error)})
            if isinstance(error, StoreRefused) or clock() + PAUSE + AWS_TIMEOUT > invocation.deadline:
                raise
        await asyncio.sleep(PAUSE)


@contextlib.contextmanager
def _refused(id_: str) -> Iterator[None]:
    """Refuse what a client asks for where the table or the queue does not answer."""
    try:
        yield
    except StoreUnavailable as error:
        logger.warning("connections are not kept", extra={"reason": str(error)})
        raise RefusedMessage(
            subscriptions_unavailable("subscriptions are not kept at the moment; try again"), id_
        ) from error
