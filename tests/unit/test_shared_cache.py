"""The cache with a store that environments share: one of all asks, and what is stale is refreshed elsewhere, once."""

import asyncio
from dataclasses import replace

import pytest

from fanin.engine.call import Call, Fetch, Policy, Response, pipeline
from fanin.engine.outcome import Outcome, Span
from fanin.errors import NotFound, SourceUnavailable
from fanin.policies.cache.lease import LEASE_SHARE, WAIT_SHARE
from fanin.policies.cache.policy import Caching, cache, renewal
from fanin.policies.observe import observe
from fanin.policies.timeout import timeout
from fanin.sources.meaning import decode
from fanin.stores.lru import Memory
from fanin.testing import fake_clock
from tests.unit.caching import Cached, Reply, says
from tests.unit.shared import Items, Shared

SETTINGS = 'fresh = "5m", stale = "1h", negative = "1m"'
DOWN = SourceUnavailable("a", "a is down")


class Environments:
    """Some environments of one function, over one source and one store."""

    def __init__(self, count: int, settings: str, *replies: Reply, hand_over: bool = False) -> None:
        self.items = Items()
        self.first = Cached(settings, *replies)
        self.jobs: list[Call] = []
        self.hand_over = self._hand_over if hand_over else None
        self.pipes = [self._pipe(cache(self._caching(f"environment {n}"))) for n in range(count)]
        self.worker = self._pipe(renewal(self._caching("worker")))

    def _caching(self, holder: str) -> Caching:
        common = self.first.caching
        shared = Shared(self.items, holder)
        return Caching(common.runtime, common.missing, memory=Memory(), shared=shared, hand_over=self.hand_over)

    def _pipe(self, policy: Policy) -> Fetch:
        policies = [observe(fake_clock.now), policy, timeout(fake_clock.now), decode]
        return pipeline(self.first.upstream.fetch, policies)

    async def _hand_over(self, call: Call, _key: str) -> bool:
        self.jobs.append(call)
        return True

    @property
    def asked(self) -> int:
        return self.first.asked

    async def get(self, environment: int, deadline: float = 10.0) -> Outcome[object]:
        return await self.pipes[environment](self.first.call(deadline=deadline))

    async def work(self) -> None:
        """Do the jobs."""
        while self.jobs:
            job = self.jobs.pop()
            now = fake_clock.now()
            await self.worker(replace(job, deadline=now + 10, span=Span(ready=now)))


def test_calls_that_miss_in_many_environments_ask_once() -> None:
    async def body() -> None:
        many = Environments(10, SETTINGS, says([1]))
        outcomes = await asyncio.gather(*(many.get(n % 10) for n in range(500)))
        assert many.asked == 1
        assert [outcome.value for outcome in outcomes] == [[1]] * 500
        assert many.items.leases == {}
        assert many.items.asked.count("lease") == 10  # who waits reads, and does not write

    fake_clock.run(body())


def test_that_there_is_no_such_thing_is_everyones_too() -> None:
    async def body() -> None:
        many = Environments(5, SETTINGS, says({}, 404))
        outcomes = await asyncio.gather(*(many.get(n) for n in range(5)))
        assert all(isinstance(outcome.error, NotFound) for outcome in outcomes)
        assert many.asked == 1

    fake_clock.run(body())


def test_who_fails_leaves_it_to_another() -> None:
    async def body() -> None:
        many = Environments(3, SETTINGS, DOWN, says(2))
        first = asyncio.create_task(many.get(0))
        await asyncio.sleep(0.001)
        second = await many.get(1)
        assert isinstance((await first).error, SourceUnavailable)
        assert second.value == 2
        assert many.items.leases == {}

    fake_clock.run(body())


def test_who_dies_with_the_lease_costs_the_others_a_bounded_wait() -> None:
    async def body() -> None:
        many = Environments(10, SETTINGS, says(1))
        dead = Shared(many.items, "dead")
        await many.get(0)
        (key,) = many.items.entries
        many.items.entries.clear()
        assert await dead.lease(key, 10.0 * LEASE_SHARE)
        before, asked = fake_clock.now(), many.asked
        outcomes = await asyncio.gather(*(many.get(n, deadline=10.0) for n in range(1, 10)))
        assert [outcome.value for outcome in outcomes] == [1] * 9
        assert 10.0 * LEASE_SHARE < fake_clock.now() - before < 10.0 * WAIT_SHARE
        assert many.asked == asked + 1

    fake_clock.run(body())


def test_who_has_waited_its_share_asks_by_itself() -> None:
    async def body() -> None:
        many = Environments(2, SETTINGS, says(1))
        await many.get(0)
        (key,) = many.items.entries
        many.items.entries.clear()
        await Shared(many.items, "dead").lease(key, 1000.0)
        before = fake_clock.now()
        assert (await many.get(1, deadline=1.0)).value == 1
        assert LEASE_SHARE < fake_clock.now() - before < WAIT_SHARE + 0.15

    fake_clock.run(body())


def test_one_that_is_cancelled_gives_its_lease_back() -> None:
    async def body() -> None:
        many = Environments(2, SETTINGS, says(1))
        first = asyncio.create_task(many.get(0))
        await asyncio.sleep(0.05)
        assert many.items.leases
        first.cancel()
        await asyncio.wait([first])
        assert many.items.leases == {}
        assert first.cancelled()

    fake_clock.run(body())


def test_a_stale_answer_is_handed_over_once_for_all_environments_and_comes_back_fresh() -> None:
    async def body() -> None:
        many = Environments(10, SETTINGS, says(1), says(2), hand_over=True)
        await asyncio.gather(*(many.get(n) for n in range(10)))
        await asyncio.sleep(301)
        outcomes = await asyncio.gather(*(many.get(n) for n in range(10) for _ in range(5)))
        assert {(outcome.value, outcome.state) for outcome in outcomes} == {(1, "stale")}
        assert (len(many.jobs), many.asked) == (1, 1)
        await many.work()
        assert many.asked == 2
        await asyncio.sleep(2.1)
        outcomes = await asyncio.gather(*(many.get(n) for n in range(10)))
        assert {(outcome.value, outcome.state) for outcome in outcomes} == {(2, "fresh")}
        assert many.asked == 2

    fake_clock.run(body())


def test_a_refresh_that_is_handed_over_twice_is_done_once() -> None:
    async def body() -> None:
        many = Environments(1, SETTINGS, says(1), says(2), says(3), hand_over=True)
        await many.get(0)
        await asyncio.sleep(301)
        await many.get(0)
        many.jobs *= 3
        await many.work()
        assert many.asked == 2

    fake_clock.run(body())


def test_while_the_source_is_down_it_is_asked_once_in_ten_seconds_however_many_environments_there_are() -> None:
    async def body() -> None:
        many = Environments(5, 'fresh = "1m", stale = "2h"', says(1), DOWN, hand_over=True)
        await asyncio.gather(*(many.get(n) for n in range(5)))
        await asyncio.sleep(60)
        for second in range(600):
            await asyncio.sleep(1)
            before = fake_clock.now()
            outcome = await many.get(second % 5)
            assert fake_clock.now() - before < 0.05
            assert (outcome.value, outcome.state) == (1, "stale")
            await many.work()
        assert 30 <= many.asked - 1 <= 61

    fake_clock.run(body())


def test_a_refresh_that_nobody_takes_over_runs_alongside() -> None:
    async def body() -> None:
        many = Environments(1, SETTINGS, says(1), says(2))
        await many.get(0)
        await asyncio.sleep(301)
        assert (await many.get(0)).state == "stale"
        await asyncio.sleep(0.5)
        assert (await many.get(0)).value == 2

    fake_clock.run(body())


def test_what_is_gone_at_the_source_is_gone_everywhere_soon() -> None:
    async def body() -> None:
        many = Environments(2, 'fresh = "5m", stale = "1h"', says(1), says({}, 404), hand_over=True)
        await asyncio.gather(many.get(0), many.get(1))
        await asyncio.sleep(301)
        await many.get(0)
        await many.work()
        await asyncio.sleep(2.1)
        for n in (0, 1):
            await many.get(n)
            assert isinstance((await many.get(n)).error, NotFound)

    fake_clock.run(body())


def test_what_nobody_may_keep_is_not_waited_for_across_environments() -> None:
    async def body() -> None:
        many = Environments(10, SETTINGS, says(1, cache_control="no-store"))
        await asyncio.gather(*(many.get(n) for n in range(10)))
        before = fake_clock.now()
        await asyncio.gather(*(many.get(n) for n in range(10)))
        assert fake_clock.now() - before < 0.2
        many.items.asked.clear()
        await many.get(0)
        assert many.items.asked == []  # nothing to read there, and nothing to write

    fake_clock.run(body())


def test_a_store_that_is_down_is_no_store() -> None:
    async def body() -> None:
        many = Environments(3, SETTINGS, says(1), hand_over=True)
        many.items.down = True
        outcomes = await asyncio.gather(*(many.get(n) for n in range(3)))
        assert [outcome.value for outcome in outcomes] == [1] * 3
        await asyncio.sleep(301)
        assert (await many.get(0)).state == "stale"
        await asyncio.sleep(1)
        assert (await many.get(0)).state == "fresh"
        assert many.jobs == []

    fake_clock.run(body())


def test_putting_an_answer_takes_no_longer_than_the_call_may() -> None:
    async def body() -> None:
        many = Environments(1, SETTINGS, says(1))
        many.items.after = 0.0

        async def slow(*_: object, **__: object) -> None:
            await asyncio.sleep(5)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Shared, "put", slow)
            before = fake_clock.now()
            assert (await many.get(0, deadline=0.3)).value == 1
            assert fake_clock.now() - before == pytest.approx(0.3)

    fake_clock.run(body())


@pytest.mark.parametrize("header", ["Authorization", "Accept-Language"])
def test_answers_to_forwarded_headers_are_not_handed_over(header: str) -> None:
    """No header is in a queue: whoever refreshes would ask for something else."""

    async def body() -> None:
        items = Items()
        jobs: list[Call] = []

        async def hand_over(call: Call, _: str) -> bool:
            jobs.append(call)
            return True

        async def echo(call: Call) -> Response:
            return says(dict(call.request.headers))

        a = Cached(SETTINGS, echo, more=f'forward = ["{header}"]', shared=Shared(items), hand_over=hand_over)
        await a.get(headers={header: "one"})
        await asyncio.sleep(301)
        assert (await a.get(headers={header: "one"})).state == "stale"
        await asyncio.sleep(1)
        assert (await a.get(headers={header: "one"})).state == "fresh"
        assert jobs == []

    fake_clock.run(body())
