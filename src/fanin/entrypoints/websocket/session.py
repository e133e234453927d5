"""A connection that a server holds itself: each subscription is a task, which ends with the connection."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

from fanin.contract import problems
from fanin.engine.invocation import UNKNOWN, Invocation, Network
from fanin.engine.outcome import Clock
from fanin.entrypoints.websocket import rounds
from fanin.entrypoints.websocket.handshake import Connected
from fanin.entrypoints.websocket.limits import MAX_MESSAGES, MAX_SUBSCRIPTIONS, MAX_UNREAD
from fanin.entrypoints.websocket.messages import RefusedMessage, Subscribe, Unsubscribe, parse
from fanin.entrypoints.websocket.refusals import too_many_messages, too_many_subscriptions
from fanin.entrypoints.websocket.rounds import Gone, SendText
from fanin.entrypoints.websocket.subject import Subject, Subjects
from fanin.entrypoints.websocket.subscription import Subscription, refusal, unsubscribed
from fanin.errors import RequestError

_MINUTE = 60.0


class Session:
    """One client's connection.

    Args:
        subjects: what can be subscribed to.
        send: sends a message to the client.
        clock: gives seconds.
        network: what is known of the client.
        connected: who it is, until a moment of `clock`; None if it did not say.
    """

    def __init__(
        self,
        subjects: Subjects,
        send: SendText,
        clock: Clock,
        network: Network = UNKNOWN,
        connected: Connected | None = None,
    ) -> None:
        self._subjects = subjects
        self._send = send
        self._clock = clock
        self._network = network
        self._connected = connected
        self._rate = Rate(clock)
        self._running: dict[str, asyncio.Task[None]] = {}

    async def serve(self, messages: AsyncIterator[str | bytes]) -> None:
        """Serve until the client has gone, or goes on sending too many messages; then nothing of it runs any more.

        Args:
            messages: what the client sends.
        """
        try:
            async for text in messages:
                try:
                    await self._take(text)
                except RefusedMessage as refused:
                    await self._send(refusal(refused.error, refused.id))
        except Gone:
            pass
        finally:
            await _end(*self._running.values())

    async def _take(self, text: str | bytes) -> None:
        self._rate.take()
        match parse(text):
            case Subscribe() as asked:
                await self._subscribe(asked)
            case Unsubscribe(id=id_):
                await self._leave(id_)
                await self._send(unsubscribed(id_))

    async def _subscribe(self, asked: Subscribe) -> None:
        try:
            subject = await self._subjects.let_in(asked, self._invocation(asked))
        except RequestError as error:
            raise RefusedMessage(error, asked.id) from error
        await self._leave(asked.id)
        if len(self._running) >= MAX_SUBSCRIPTIONS:
            raise RefusedMessage(too_many_subscriptions(), asked.id)
        task = self._running[asked.id] = asyncio.create_task(self._follow(asked, subject))
        task.add_done_callback(lambda _: self._forget(asked.id, task))

    def _invocation(self, asked: Subscribe) -> Invocation:
        """Make what is known of a round of a subscription.

        Raises:
            RequestError: it counts who has connected, and their credentials have expired.
        """
        caller = self._connected.at(self._clock()) if self._connected and self._subjects.asks_who(asked) else None
        return replace(Invocation.unbounded(self._clock), network=self._network, caller=caller)

    def _next(self, asked: Subscribe, due: float) -> float:
        """Give when to go on with a subscription: when its next round is due, or its client's credentials expire."""
        return min(due, self._connected.until) if self._connected and self._subjects.asks_who(asked) else due

    async def _leave(self, id_: str) -> None:
        if task := self._running.pop(id_, None):
            await _end(task)

    def _forget(self, id_: str, task: asyncio.Task[None]) -> None:
        if self._running.get(id_) is task:
            del self._running[id_]

    async def _follow(self, asked: Subscribe, subject: Subject) -> None:
        subscription = Subscription(asked.id, subject.url)
        try:
            while True:
                invocation = self._invocation(asked)
                due = self._clock() + (asked.pace or 0.0)
                goes_on = await rounds.run(subject, subscription, self._send, invocation, again_in=asked.pace)
                if not goes_on or asked.pace is None:
                    return
                await asyncio.sleep(max(0.0, self._next(asked, due) - self._clock()))
        except RequestError as error:
            with contextlib.suppress(Gone):
                await self._send(subscription.ended(problems.request_problem(error)))
        except Gone:
            return  # whoever reads from the connection hears of its end, too


class Rate:
    """Counts the messages of one connection.

    Args:
        clock: gives seconds.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock()
        self._taken = 0

    def take(self) -> None:
        """Count a message.

        Raises:
            RefusedMessage: it is one too many in its minute.
        """
        if self._clock() >= self._began + _MINUTE:
            self._began, self._taken = self._clock(), 0
        self._taken += 1
        if self._taken > MAX_MESSAGES + MAX_UNREAD:
            raise Gone
        if self._taken > MAX_MESSAGES:
            raise RefusedMessage(too_many_messages())


async def _end(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
