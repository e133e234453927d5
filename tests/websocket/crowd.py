"""Many subscribers at once, some of whom go without a word: whether, and how long, the others wait for their rounds."""

import asyncio
import json
import random
import time
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from fanin.entrypoints.websocket.connections import Turn
from tests.websocket.api_gateway import ApiGateway
from tests.websocket.memory import Table
from tests.websocket.scenes import SUBSCRIBE

_BATCH = 10
"""Turns of one invocation, as template.yaml has it."""
_WITHIN = 60.0


@dataclass(frozen=True)
class Waits:
    """How long those who stayed waited for a round, in seconds, the median of each sample.

    Args:
        together: while everybody was there.
        deserted: while some had gone.
    """

    together: list[float]
    deserted: list[float]

    @property
    def ratio(self) -> float:
        """The median wait of those who stayed while others had gone, against that while everybody was there."""
        return median(self.deserted) / median(self.together)


async def waits(gateway: ApiGateway, table: Table, *, stay: int, go: int, samples: int) -> Waits:
    """Measure.

    Args:
        gateway: where clients connect.
        table: the function's table.
        stay: how many subscribers stay.
        go: how many come for each sample, and in every other one are gone before its round.
        samples: how many of each kind.
    """
    measured = Waits([], [])
    staying = await _subscribers(gateway, stay)
    for sample in range(2 * samples):
        passing = await _subscribers(gateway, go)
        turns = await _turns(table, stay + go)
        if gone := sample % 2 == 1:
            for connection in gateway.connections[-go:]:
                gateway.drop(connection)
        (measured.deserted if gone else measured.together).append(await _round(gateway, turns, staying))
        await asyncio.gather(*(subscriber.close() for subscriber in passing))
        await _turns(table, stay)
    await asyncio.gather(*(subscriber.close() for subscriber in staying))
    return measured


async def served_first(gateway: ApiGateway, table: Table, *, stay: int, go: int) -> list[str]:
    """Deliver a round while the gateway holds the posts to those who have gone, until those who stay have theirs.

    Returns:
        Where the posts went that were held.
    """
    staying, passing = await _subscribers(gateway, stay), await _subscribers(gateway, go)
    turns = await _turns(table, stay + go)
    for connection in gateway.connections[-go:]:
        gateway.drop(connection)
    gateway.holds = True
    done = _deliver(gateway, turns, staying)
    async with asyncio.timeout(_WITHIN):
        await asyncio.gather(*(subscriber.completed.wait() for subscriber in staying))
        while len(gateway.to_the_gone) < go:  # noqa: ASYNC110 - of another thread
            await asyncio.sleep(0.01)
        held = list(gateway.to_the_gone)
        gateway.holds = False
        assert all(response == {"batchItemFailures": []} for response in await asyncio.gather(*done))
    await asyncio.gather(*(subscriber.close() for subscriber in [*staying, *passing]))
    return held


async def _subscribers(gateway: ApiGateway, count: int) -> list["_Subscriber"]:
    """Connect so many, a few at the same time."""
    few = asyncio.Semaphore(_BATCH)

    async def one() -> _Subscriber:
        async with few:
            return await _Subscriber.of(gateway)

    return await asyncio.gather(*(one() for _ in range(count)))


class _Subscriber:
    """A client with one subscription, whose first round is over."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.completed = asyncio.Event()
        self.at = 0.0
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def of(cls, gateway: ApiGateway) -> "_Subscriber":
        subscriber = cls(await connect(gateway.url, open_timeout=_WITHIN, ping_interval=None))
        await subscriber._socket.send(json.dumps({**SUBSCRIBE, "every": "300s"}))
        async with asyncio.timeout(_WITHIN):
            await subscriber.completed.wait()
        return subscriber

    async def close(self) -> None:
        await self._socket.close()
        await self._reading

    async def _read(self) -> None:
        async for text in self._socket:
            if json.loads(text)["type"] == "complete":
                self.at = time.monotonic()
                self.completed.set()


async def _round(gateway: ApiGateway, turns: list[Turn], staying: list[_Subscriber]) -> float:
    """Deliver all turns at once, in any order; give the median wait of those who stay."""
    random.shuffle(turns)
    began = time.monotonic()
    done = _deliver(gateway, turns, staying)
    async with asyncio.timeout(_WITHIN):
        assert all(response == {"batchItemFailures": []} for response in await asyncio.gather(*done))
        await asyncio.gather(*(subscriber.completed.wait() for subscriber in staying))
    return median(subscriber.at - began for subscriber in staying)


def _deliver(gateway: ApiGateway, turns: list[Turn], staying: list[_Subscriber]) -> list[asyncio.Future[Any]]:
    for subscriber in staying:
        subscriber.completed.clear()
    batches = [turns[at : at + _BATCH] for at in range(0, len(turns), _BATCH)]
    return [asyncio.wrap_future(gateway.invoke(_event(batch))) for batch in batches]


async def _turns(table: Table, count: int) -> list[Turn]:
    """Give the next turn of each subscription, once there are as many as expected and none is under way."""
    async with asyncio.timeout(_WITHIN):
        while len(table.turns) != count or table.claimed:  # noqa: ASYNC110 - other threads change it
            await asyncio.sleep(0.01)
    return table.turns


def _event(turns: list[Turn]) -> dict[str, Any]:
    """Make a batch as SQS hands it over."""
    records = [
        {"messageId": f"{turn.connection}-{turn.round}", "body": json.dumps(asdict(turn)), "eventSource": "aws:sqs"}
        for turn in turns
    ]
    return {"Records": records}
