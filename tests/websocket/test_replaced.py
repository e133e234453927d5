"""Subscriptions that end while another takes their name: the new one goes on, and no slot stays taken."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fanin.engine.call import Call, pipeline
from fanin.engine.catalogue import Catalogue
from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Outcome
from fanin.entrypoints.websocket.connections import KEY, Connections, Turn
from fanin.entrypoints.websocket.limits import MAX_SUBSCRIPTIONS
from fanin.entrypoints.websocket.service import Service
from fanin.entrypoints.websocket.subject import Subjects
from fanin.policies.observe import observe
from fanin.stores.errors import StoreUnavailable
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
        takes_from: the second from which the queue takes turns.
        brings: whether it brings those all the same that it has not taken, as if only its answers were lost.
    """

    geo: Script
    heard: list[tuple[float, str, str]] = field(default_factory=list)
    takes_from: float = 0.0
    brings: bool = True

    async def run(self, *asked: tuple[float, Mapping[str, Any]], until: float) -> None:
        """Send messages at their seconds, each as an invocation of its own."""
        scene = trip(geo=self.geo)
        pipelines = {name: pipeline(scene.scripts[name], [observe(fake_clock.now)]) for name in scene.config.sources}
        subjects = Subjects(Catalogue(scene.config, fake_clock.now), pipelines, "https://api.example")
        connections = Connections(MemoryTable(KEY, fake_clock.now), fake_clock.now)
        self.service = Service(subjects, connections, self, _Queue(self))
        self.tasks: list[asyncio.Task[None]] = []
        await self.service.connected("c")
        for at, message in asked:
            self.begin(at, partial(self._received, message))
        await asyncio.sleep(until)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _received(self, message: Mapping[str, Any]) -> None:
        await self.service.received("c", json.dumps(message), self.invocation)

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
        takes = fake_clock.now() >= world.takes_from
        if takes or world.brings:
            world.begin(fake_clock.now() + delay, lambda: world.service.due(turn, world.invocation))
        if not takes:
            raise StoreUnavailable("out of order")


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


def test_one_that_is_refused_takes_no_place_and_brings_no_round() -> None:
    """The queue does not answer, whether it has taken the turn or not."""
    for brings in (True, False):
        world = World(slow_at_first(), takes_from=15.0, brings=brings)
        refused = [(float(n), {**LIVE, "id": f"s{n}"}) for n in range(MAX_SUBSCRIPTIONS)]
        fake_clock.run(world.run(*refused, (20.0, {**SUBSCRIBE, "id": "once"}), until=100.0))
        assert [kind for _, id_, kind in world.heard if id_ != "once"] == ["problem"] * MAX_SUBSCRIPTIONS
        assert [kind for _, id_, kind in world.heard if id_ == "once"][-1] == "complete"
