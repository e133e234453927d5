"""Subscriptions while the table or the queue is down: no client waits in silence, and each goes on soon after.

API Gateway, Lambda and SQS are played on a fake clock: a turn comes when its time has come; one whose invocation fails
comes again after the queue's visibility timeout, three times in all.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from typing import Any

import orjson
import pytest

from fanin.engine.call import pipeline
from fanin.engine.catalogue import Catalogue
from fanin.engine.invocation import Invocation
from fanin.entrypoints.websocket.connections import KEY, Connections, Turn
from fanin.entrypoints.websocket.queue import turn_of
from fanin.entrypoints.websocket.service import Service
from fanin.entrypoints.websocket.subject import Subjects
from fanin.policies.observe import observe
from fanin.stores.errors import StoreThrottled, StoreUnavailable
from fanin.stores.memory.table import MemoryTable
from fanin.testing import fake_clock
from tests.websocket.scenes import SUBSCRIBE, trip

VISIBLE_AFTER = 180.0
ATTEMPTS = 3
FUNCTION_TIMEOUT = 29.0
EVERY = 5.0


@dataclass
class Outage:
    """When a store is down, and what it does then.

    Args:
        begins: seconds.
        ends: likewise.
        takes: seconds until a call fails; what hangs takes as long as the function waits.
        done: whether the call is done, and only its answer is lost.
        error: what it fails with.
    """

    begins: float = 0.0
    ends: float = 0.0
    takes: float = 0.0
    done: bool = False
    error: type[StoreUnavailable] = StoreUnavailable

    async def during(self, call: Callable[[], Awaitable[Any]]) -> Any:
        """Make a call, which fails in the outage."""
        if not self.begins <= fake_clock.now() < self.ends:
            return await call()
        await asyncio.sleep(self.takes)
        if self.done:
            await call()
        raise self.error("out of order")


class Table(MemoryTable):
    """A table that is down for a while."""

    def __init__(self, outage: Outage) -> None:
        super().__init__(KEY, fake_clock.now)
        self._outage = outage

    async def change(self, *args: Any, **kwargs: Any) -> Any:
        return await self._outage.during(lambda: MemoryTable.change(self, *args, **kwargs))

    async def put(self, *args: Any, **kwargs: Any) -> Any:
        return await self._outage.during(lambda: MemoryTable.put(self, *args, **kwargs))

    async def get(self, *args: Any, **kwargs: Any) -> Any:
        return await self._outage.during(lambda: MemoryTable.get(self, *args, **kwargs))


@dataclass
class World:
    """A client that has subscribed, and what it hears when.

    Args:
        outages: when the table, or the queue, is down.
        heard: each message, and the second at which it came.
        lost: turns that the queue gave up.
    """

    outages: Mapping[str, Outage] = field(default_factory=dict)
    heard: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    lost: list[Turn] = field(default_factory=list)

    def follow(self, until: float) -> None:
        """Subscribe at second 0, and follow until another."""
        fake_clock.run(self._follow(until))

    async def _follow(self, until: float) -> None:
        scene = trip()
        values = iter(range(1000))
        self.tasks: set[asyncio.Task[Any]] = set()

        async def fetch(call: Any) -> Any:
            outcome = await scene.scripts[call.source.name](call)
            assert outcome.value
            return replace(outcome, value={**outcome.value, "v": next(values)})

        pipelines = {name: pipeline(fetch, [observe(fake_clock.now)]) for name in scene.config.sources}
        subjects = Subjects(Catalogue(scene.config, fake_clock.now), pipelines, "https://api.example")
        self.service = Service(
            subjects, Connections(Table(self.outages.get("table", Outage())), fake_clock.now), self, _Queue(self)
        )
        await self.service.connected("c")
        asked = {**SUBSCRIBE, "every": f"{EVERY:g}s"}
        await self.service.received("c", json.dumps(asked), self.invocation)
        await asyncio.sleep(until)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    @property
    def invocation(self) -> Invocation:
        return Invocation("request", fake_clock.now() + FUNCTION_TIMEOUT)

    async def send(self, _connection: str, text: str) -> None:
        """Take a message for the client."""
        self.heard.append((fake_clock.now(), json.loads(text)))

    async def close(self, _connection: str) -> None:
        """End its connection."""
        raise AssertionError("nobody is cut off here")

    async def deliver(self, turn: Turn, delay: float) -> None:
        """Bring a turn when its time has come, and again while it fails."""
        await asyncio.sleep(delay)
        for _ in range(ATTEMPTS):
            with contextlib.suppress(StoreUnavailable):
                await self.service.due(turn_of(orjson.dumps(asdict(turn)).decode()), self.invocation)
                return
            await asyncio.sleep(VISIBLE_AFTER)
        self.lost.append(turn)

    def said(self, kind: str) -> list[float]:
        """Give when messages of a type came."""
        return [at for at, message in self.heard if message["type"] == kind]


@dataclass
class _Queue:
    world: World

    async def send(self, turn: Turn, delay: float) -> None:
        async def call() -> None:
            task = asyncio.create_task(self.world.deliver(turn, delay))
            self.world.tasks.add(task)
            task.add_done_callback(self.world.tasks.discard)

        await self.world.outages.get("queue", Outage()).during(call)


def gaps(moments: list[float]) -> list[float]:
    """Give the seconds between moments."""
    return [after - before for before, after in pairwise(moments)]


def test_without_an_outage_a_round_comes_in_each_period() -> None:
    world = World()
    world.follow(41)
    assert len(world.said("complete")) == 9
    assert world.said("problem") == []


STORES = ("table", "queue")
FAILS = {
    "is down": Outage(),
    "throttles": Outage(error=StoreThrottled),
    "hangs": Outage(takes=5.0),
    "loses its answers": Outage(done=True),
}


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("how", FAILS.values(), ids=FAILS)
@pytest.mark.parametrize("begins", [1.0, 4.9, 5.2, 5.6])
def test_after_an_outage_of_8_seconds_the_next_round_comes_within_a_period(
    store: str, how: Outage, begins: float
) -> None:
    """Whether it begins between two rounds, before one, within one or at its end."""
    outage = Outage(begins, begins + 8.0, how.takes, how.done, how.error)
    world = World({store: outage})
    world.follow(60)
    moments = world.said("complete")
    first_after = min(at for at in moments if at >= outage.ends)
    assert first_after - outage.ends <= EVERY + how.takes + 1.0
    assert max(gaps([at for at in moments if at >= outage.ends])) <= EVERY + 0.5
    assert world.lost == []


@pytest.mark.parametrize("store", STORES)
def test_a_client_hears_that_a_round_is_late_under_its_id_and_never_waits_two_periods_in_silence(store: str) -> None:
    world = World({store: Outage(7.0, 27.0)})
    world.follow(60)
    late = [message for at, message in world.heard if message["type"] == "problem"]
    assert late
    for message in late:
        assert message["id"] == "a"
        assert message["problem"]["type"].endswith("/subscriptions-unavailable")
    if store == "table":  # a queue that takes nothing brings nothing either
        assert max(gaps([at for at, _ in world.heard])) <= 2 * EVERY


def test_a_subscription_outlives_a_queue_that_is_down_for_longer_than_an_invocation() -> None:
    world = World({"queue": Outage(7.0, 100.0)})
    world.follow(400)
    assert world.lost == []
    assert any(at > 100.0 for at in world.said("complete"))
