"""Subscriptions that end while another takes their name: the new one goes on."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from fanin.engine.call import Call, pipeline
from fanin.engine.catalogue import Catalogue
from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Outcome
from fanin.entrypoints.websocket.connections import KEY, Connections, Turn
from fanin.entrypoints.websocket.service import Service
from fanin.entrypoints.websocket.subject import Subjects
from fanin.policies.observe import observe
from fanin.stores.memory.table import MemoryTable
from fanin.testing import fake_clock
from tests.unit.scenario import Script
from tests.websocket.scenes import SUBSCRIBE, trip

EVERY = 5.0
LIVE = {**SUBSCRIBE, "every": f"{EVERY:g}s"}


@dataclass
class World:
    """A connection, its function, and its queue, which brings a turn when its time has come.

    Args:
        geo: what the first source does.
        heard: the second at which each message came, its id and its type.
    """

    geo: Script
    heard: list[tuple[float, str, str]] = field(default_factory=list)

    async def run(self, *asked: tuple[float, dict[str, Any]], until: float) -> None:
        """Send messages at their seconds, each as an invocation of its own."""
        scene = trip(geo=self.geo)
        pipelines = {name: pipeline(scene.scripts[name], [observe(fake_clock.now)]) for name in scene.config.sources}
        subjects = Subjects(Catalogue(scene.config, fake_clock.now), pipelines, "https://api.example")
        connections = Connections(MemoryTable(KEY, fake_clock.now), fake_clock.now)
        self.service = Service(subjects, connections, self, _Queue(self))
        self.tasks: list[asyncio.Task[None]] = []
        await self.service.connected("c")
        for at, message in asked:
            self.begin(at, lambda message=message: self.service.received("c", json.dumps(message), self.invocation))
        await asyncio.sleep(until)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def begin(self, at: float, work: Callable[[], Awaitable[None]]) -> None:
        """Do something at a second."""

        async def later() -> None:
            await asyncio.sleep(max(0.0, at - fake_clock.now()))
            await work()

        self.tasks.append(asyncio.create_task(later()))

    @property
    def invocation(self) -> Invocation:
        return Invocation("request", fake_clock.now() + 29.0)

    async def send(self, _connection: str, text: str) -> None:
        """Take a message for the client."""
        message = json.loads(text)
        self.heard.append((fake_clock.now(), message["id"], message["type"]))

    async def close(self, _connection: str) -> None:
        """End its connection."""
        raise AssertionError("nobody is cut off here")

    def rounds(self, since: float) -> int:
        """Count the rounds that ended since a second."""
        return sum(at >= since and kind == "complete" for at, _, kind in self.heard)


@dataclass
class _Queue:
    world: World

    async def send(self, turn: Turn, delay: float) -> None:
        world = self.world
        world.begin(fake_clock.now() + delay, lambda: world.service.due(turn, world.invocation))


def slow_at_first(*, fails: bool = False) -> Script:
    """Take 3 s for the first call, and none for those behind it."""
    calls = iter(range(1000))

    async def fetch(_: Call) -> Outcome[Any]:
        if next(calls) == 0:
            await asyncio.sleep(3.0)
            if fails:
                raise RuntimeError("a fault of fanin's own")
        return Outcome({"lat": 1, "cc": "PT"})

    return fetch


def test_one_that_ends_does_not_end_another_that_has_taken_its_name_meanwhile() -> None:
    """The client asks once, and then for rounds under the same id while the first answer is on its way."""
    world = World(slow_at_first())
    fake_clock.run(world.run((0.0, SUBSCRIBE), (1.0, LIVE), until=42.0))
    assert world.rounds(since=4.0) == 8


def test_one_whose_round_fails_does_not_either() -> None:
    world = World(slow_at_first(fails=True))
    fake_clock.run(world.run((0.0, LIVE), (1.0, LIVE), until=42.0))
    assert world.rounds(since=4.0) == 8
