"""Jobs while their table, bucket and queue drop, hang, delay, throttle or garble: none is lost, and none ends twice."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from fanin.jobs.job import State
from fanin.jobs.message import JobMessage
from fanin.stores.bounds import NEEDED
from fanin.stores.errors import StoreThrottled, StoreUnavailable
from fanin.testing import fake_clock
from tests.jobs.world import VISIBLE_AFTER, Life, World

WAITED = (len(NEEDED.pauses) + 1) * NEEDED.within + sum(NEEDED.pauses)
"""Seconds that a request to a store takes at most."""


@dataclass
class Failing(Life):
    """A worker that lives, and whose stores and queue fail for a while.

    Args:
        begins: from which second on.
        ends: until when.
        how: what they do.
    """

    begins: float = 0.0
    ends: float = 0.0
    how: str = "drops"

    async def through[T](self, effect: Callable[[], Any]) -> Any:
        """Take a step."""
        if not self.begins <= fake_clock.now() < self.ends:
            return await super().through(effect)
        match self.how:
            case "hangs":
                await asyncio.sleep(WAITED)
            case "delays":
                await asyncio.sleep(NEEDED.within / 2)
                return await super().through(effect)
            case "throttles":
                raise StoreThrottled("later")
            case "garbles":
                await super().through(effect)
        raise StoreUnavailable(self.how)


class Delivering(World):
    """A world whose queue brings a message again that a worker could not do."""

    async def _work(self, message: JobMessage, life: Life) -> None:
        try:
            await super()._work(message, life)
        except StoreUnavailable:
            self.waiting.append((fake_clock.now() + VISIBLE_AFTER, message))


HOWS = ("drops", "hangs", "delays", "throttles", "garbles")


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("begins", [0.0, 0.2, 0.55, 1.05])
@pytest.mark.parametrize("lasts", [8.0, 200.0])
def test_a_job_outlives_a_store_a_bucket_or_a_queue_that_fails(how: str, begins: float, lasts: float) -> None:
    """Before it begins, while its sources are asked, and when its end is recorded."""

    async def story() -> None:
        world = Delivering()
        job_service = world.job_service()
        job = await job_service.accept(job_service.orders.order("trip", {"city": "Lisbon"}), "")
        await world.settle(lambda: Failing(begins=begins, ends=begins + lasts, how=how))
        done = world.store.written(job.id)
        assert done.state is State.SUCCEEDED
        assert done.ended
        assert done.ended < lasts + 3 * VISIBLE_AFTER
        assert world.store.recorded == [job.id]
        assert world.buried == []

    fake_clock.run(story())


@pytest.mark.parametrize("how", HOWS)
def test_a_job_that_cannot_be_recorded_is_not_accepted_and_its_key_is_good_afterwards(how: str) -> None:
    async def story() -> None:
        world = Delivering()
        order = world.job_service().orders.order("trip", {"city": "Lisbon"})
        failing = Failing(ends=4.0, how=how)
        try:
            job = await world.job_service(failing).accept(order, "", "key")
            assert how == "delays"
        except StoreUnavailable:
            await asyncio.sleep(10)
            job = await world.job_service().accept(order, "", "key")
        await world.settle()
        assert world.store.written(job.id).state is State.SUCCEEDED
        assert world.store.recorded == [job.id]

    fake_clock.run(story())


def test_a_job_whose_queue_is_down_is_accepted_and_found() -> None:
    class NoQueue(World):
        async def enqueue(self, message: JobMessage, delay: float) -> None:
            if fake_clock.now() < 300:
                raise StoreUnavailable("down")
            await super().enqueue(message, delay)

    async def story() -> None:
        world = NoQueue()
        job_service = world.job_service()
        job = await job_service.accept(job_service.orders.order("trip", {"city": "Lisbon"}), "")
        assert job.state is State.QUEUED
        await world.settle()
        done = world.store.written(job.id)
        assert done.state is State.SUCCEEDED
        assert done.ended
        assert done.ended < 900

    fake_clock.run(story())
