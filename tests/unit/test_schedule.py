"""refresh: what somebody asked for in the last day is asked again on time, once, and as fanin.toml says now."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from fanin.config import Config
from fanin.config.finding import ConfigError
from fanin.engine.call import Call, Request, pipeline
from fanin.engine.catalogue import Catalogue
from fanin.engine.outcome import Outcome, Span
from fanin.engine.shape import is_missing
from fanin.policies.cache.key import key_of
from fanin.policies.cache.policy import Caching, cache, renewal
from fanin.policies.observe import observe
from fanin.policies.timeout import timeout
from fanin.policies.wanted import NOTE_AGAIN
from fanin.sources.meaning import decode
from fanin.stores.errors import StoreUnavailable
from fanin.stores.lru import Memory
from fanin.stores.warm import ENOUGH, Warm
from fanin.testing import fake_clock
from fanin.worker.refresh import REFRESH, keeping_warm, refresh_kind
from fanin.worker.schedule import refresh_due
from fanin.worker.task import Task
from tests.unit.caching import Upstream, now, runtime, says
from tests.unit.scenario import config_of
from tests.unit.shared import Items, Shared


def serving(refresh: str = 'refresh = "5m"') -> Config:
    return config_of(f"""
[sources.a]
url = "https://a.example/"
cache = {{ fresh = "10m", stale = "1h" }}
{refresh}
[endpoints.e]
path = "/e"
sources = ["a"]
""")


@dataclass
class Notes:
    """What is kept warm, in memory."""

    rows: dict[str, Warm] = field(default_factory=dict)
    asks: Counter[tuple[str, float]] = field(default_factory=Counter)
    writes: int = 0
    down: bool = False

    async def note(self, key: str, source: str, task: str, asked: float, every: float) -> bool:
        if self.down:
            raise StoreUnavailable("down")
        self.writes += 1
        await asyncio.sleep(0)
        there = self.rows.get(key)
        self.asks[key, asked // every] += 1
        if there is None and self.asks[key, asked // every] < ENOUGH:
            return False
        self.rows[key] = Warm(key, source, task, asked, there.due if there else asked + every)
        return True

    async def due(self, now: float, limit: int) -> Sequence[Warm]:
        if self.down:
            raise StoreUnavailable("down")
        return sorted((row for row in self.rows.values() if row.due <= now), key=lambda row: row.due)[:limit]

    async def move(self, warm: Warm, due: float | None) -> bool:
        await asyncio.sleep(0)
        there = self.rows.get(warm.key)
        if there is None or there.due != warm.due:
            return False
        if due is None:
            del self.rows[warm.key]
        else:
            self.rows[warm.key] = replace(there, due=due)
        return True


class World:
    """A gateway that notes, a worker that refreshes, and a rule that comes each minute."""

    def __init__(self, config: Config | None = None) -> None:
        self.config = config or serving()
        self.source = self.config.sources["a"]
        self.upstream = Upstream([says([1])])
        self.notes = Notes()
        self.items = Items()
        self.sent: list[Task] = []
        self.gateway = self._pipe("gateway", reading=True)
        self.worker = refresh_kind(Catalogue(self.config, fake_clock.now), {"a": self._pipe("worker", reading=False)})

    def _pipe(self, holder: str, *, reading: bool) -> Callable[[Call], Any]:
        caching = Caching(runtime(), is_missing, memory=Memory(), shared=Shared(self.items, holder))
        warm = keeping_warm(self.notes, now)(self.source) if reading and self.source.refresh else None
        keep = cache(caching) if reading else renewal(caching)
        return pipeline(self.upstream.fetch, [observe(fake_clock.now), warm, keep, timeout(fake_clock.now), decode])

    async def ask(self, url: str = "https://a.example/") -> Outcome[Any]:
        now = fake_clock.now()
        outcome: Outcome[Any] = await self.gateway(self._call(now, url))
        return outcome

    async def ask_enough(self) -> None:
        for _ in range(ENOUGH):
            await self.ask()

    def _call(self, now: float, url: str = "https://a.example/") -> Call:
        return Call(self.source, Request("GET", url), now + 10, Span(ready=now))

    async def send(self, task: Task) -> bool:
        self.sent.append(task)
        return True

    async def minutes(self, count: int) -> None:
        for _ in range(count):
            await asyncio.sleep(60)
            await refresh_due(self.notes, self.config.sources, self.send, now)
            while self.sent:
                await self.worker.do(self.sent.pop(), fake_clock.now() + 10)


def test_what_was_asked_for_is_never_stale_again() -> None:
    async def story() -> None:
        world = World()
        await world.ask_enough()
        for _ in range(12):
            await world.minutes(10)
            asked = len(world.upstream.calls)
            assert (await world.ask()).state == "fresh"
            assert len(world.upstream.calls) == asked
        assert len(world.upstream.calls) == pytest.approx(1 + 120 / 5, abs=5)

    fake_clock.run(story())


def test_what_nobody_asked_for_in_a_day_is_left_alone() -> None:
    async def story() -> None:
        world = World()
        await world.ask_enough()
        await world.minutes(24 * 60 + 5)
        asked = len(world.upstream.calls)
        assert asked > 100
        await world.minutes(60)
        assert len(world.upstream.calls) == asked
        assert world.notes.rows == {}
        await world.ask_enough()
        assert len(world.notes.rows) == 1

    fake_clock.run(story())


def test_runs_that_overlap_send_once() -> None:
    async def story() -> None:
        world = World()
        await world.ask_enough()
        await asyncio.sleep(301)
        runs = (refresh_due(world.notes, world.config.sources, world.send, now) for _ in range(5))
        assert sorted(await asyncio.gather(*runs)) == [0, 0, 0, 0, 1]
        assert len(world.sent) == 1

    fake_clock.run(story())


def test_a_task_that_comes_twice_asks_once() -> None:
    async def story() -> None:
        world = World()
        await world.ask_enough()
        await asyncio.sleep(301)
        await refresh_due(world.notes, world.config.sources, world.send, now)
        for _ in range(3):
            await world.worker.do(world.sent[0], fake_clock.now() + 10)
        assert len(world.upstream.calls) == 2

    fake_clock.run(story())


def test_every_request_counts_until_it_is_kept_warm_and_one_an_hour_from_then_on() -> None:
    async def story() -> None:
        world = World()
        await world.ask_enough()
        assert world.notes.writes == ENOUGH
        for _ in range(60):
            await world.ask()
            await asyncio.sleep(NOTE_AGAIN / 30)
        assert world.notes.writes == ENOUGH + 1
        [row] = world.notes.rows.values()
        assert row.key == key_of(world._call(0.0))
        task = Task.decode(row.task)
        assert (task.kind, task.payload) == (REFRESH, {"source": "a", "values": {}})

    fake_clock.run(story())


def test_spellings_that_are_asked_for_once_are_not_kept_warm() -> None:
    """Nor if they are asked for again in a later period: the source would be asked more often than by clients."""

    async def story() -> None:
        world = World()
        for _ in range(2):
            for number in range(64):
                await world.ask(f"https://a.example/{number}")
            await world.minutes(5)
        assert world.notes.rows == {}
        await world.minutes(60)
        assert len(world.upstream.calls) == 64
        for _ in range(ENOUGH - 1):
            await world.ask()
        assert world.notes.rows == {}
        await world.ask()
        assert len(world.notes.rows) == 1

    fake_clock.run(story())


def test_of_calls_at_once_an_hour_later_one_notes_it() -> None:
    async def story() -> None:
        world = World()
        await world.ask_enough()
        await asyncio.sleep(NOTE_AGAIN + 1)
        await asyncio.gather(*(world.ask() for _ in range(20)))
        assert world.notes.writes == ENOUGH + 1

    fake_clock.run(story())


@pytest.mark.parametrize("setting", ["", 'refresh = "1h"'])
def test_the_file_alone_decides(setting: str) -> None:
    """What was written down under another fanin.toml is seen to by today's."""

    async def story() -> None:
        world = World()
        await world.ask_enough()
        world.config = serving(setting)
        await asyncio.sleep(301)
        assert await refresh_due(world.notes, world.config.sources, world.send, now) == (1 if setting else 0)
        assert [row.due for row in world.notes.rows.values()] == ([pytest.approx(now() + 3600)] if setting else [])

    fake_clock.run(story())


def test_a_store_that_does_not_answer_costs_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        world = World()
        world.notes.down = True
        assert (await world.ask()).value == [1]
        assert await refresh_due(world.notes, world.config.sources, world.send, now) == 0
        told = [record for record in caplog.records if record.message == "not all that was due was seen to"]
        assert [record.exc_info is not None and bool(record.exc_info[0]) for record in told] == [True]
        world.notes.down = False
        await world.ask()
        assert world.notes.writes == 1

    fake_clock.run(story())


@pytest.mark.parametrize(
    "keys",
    [
        'refresh = "5m"',
        'refresh = "59s"\ncache = { fresh = "5m" }',
        'refresh = "5m"\ncache = { fresh = "5m" }\nforward = ["Accept-Language"]',
    ],
)
def test_what_cannot_be_kept_warm_is_a_mistake(keys: str) -> None:
    text = f'[sources.a]\nurl = "https://a.example/"\n{keys}\n[endpoints.e]\npath = "/e"\nsources = ["a"]'
    with pytest.raises(ConfigError, match="bad-refresh"):
        config_of(text)
