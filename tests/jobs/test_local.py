"""Jobs of one process, as a server without AWS has them."""

import asyncio
from random import Random
from typing import Any

import pytest

from fanin.jobs.job import CallbackState, State
from fanin.jobs.local import LocalQueue
from fanin.jobs.message import JobMessage, RunJob
from fanin.jobs.parts import local_desk
from fanin.jobs.run import Later
from fanin.jobs.store import JobsUnavailable
from fanin.pipeline import Surroundings
from fanin.testing import fake_clock
from tests.jobs.world import CONFIG, World


def test_a_job_runs_in_the_process_that_took_it_and_tells_of_its_end() -> None:
    async def story() -> None:
        world = World(receiver=lambda number: 204 if number == 2 else 500)
        given = Surroundings(fake_clock.now, fake_clock.now, chance=Random(0))
        pipelines = dict.fromkeys(CONFIG.sources, world._fetch)
        desk = local_desk(CONFIG, pipelines, given, post=world._post, secret=world._secret)
        order = desk.orders.order("trip", {"city": "Lisbon"}, callback="https://hooks.example.com/x")
        job = await desk.accept(order, "")
        await asyncio.sleep(60)
        done = await desk.get(job.id, "")
        assert done.state is State.SUCCEEDED
        assert done.callback
        assert (done.callback.state, done.callback.attempts) == (CallbackState.DELIVERED, 2)

    fake_clock.run(story())


def test_messages_beyond_the_bound_are_refused_and_closing_ends_what_waits() -> None:
    async def story() -> None:
        worked: list[Any] = []

        async def work(message: JobMessage) -> Later | None:
            worked.append(message)
            return Later(10) if len(worked) == 1 else None

        queue = LocalQueue(work, max_waiting=2)
        await queue.send(RunJob("a"))
        await queue.send(RunJob("b"), delay=1000)
        with pytest.raises(JobsUnavailable):
            await queue.send(RunJob("c"))
        await asyncio.sleep(20)
        assert worked == [RunJob("a"), RunJob("a")]
        await queue.aclose()
        await asyncio.sleep(2000)
        assert len(worked) == 2

    fake_clock.run(story())
