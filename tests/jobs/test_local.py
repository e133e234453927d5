"""Jobs of one process, as a server without AWS has them."""

import asyncio
from random import Random
from typing import Any

import pytest

from fanin.aws.client import Aws
from fanin.errors import FaninError
from fanin.jobs.job import State
from fanin.jobs.local import LocalQueue
from fanin.jobs.message import JobMessage, RunJob
from fanin.jobs.parts import Around, desk_of
from fanin.jobs.run import Later
from fanin.jobs.store import JobsUnavailable
from fanin.pipeline import Surroundings
from fanin.sources.address import AddressGuard
from fanin.sources.resolve import Resolver
from fanin.sources.tls import tls_context
from fanin.testing import fake_clock
from tests.jobs.world import CONFIG, World


def test_a_job_runs_in_the_process_that_took_it() -> None:
    async def secret(name: str) -> str:
        raise FaninError(name)

    async def story() -> None:
        world = World()
        given = Surroundings(fake_clock.now, fake_clock.now, chance=Random(0))
        resolver = Resolver(AddressGuard(""))
        environment, tls = {"FANIN_JOBS": "memory"}, tls_context()
        around = Around(CONFIG, environment, given, resolver, tls, lambda: Aws(environment, tls), secret)
        desk = desk_of(around, dict.fromkeys(CONFIG.sources, world._fetch))
        assert desk
        job = await desk.accept(desk.orders.order("trip", {"city": "Lisbon"}), "")
        await asyncio.sleep(5)
        done = await desk.get(job.id, "")
        assert done.state is State.SUCCEEDED
        assert done.kept
        assert await desk.results.body(done.kept) == b'{"geo":{"lat":1},"weather":{"lat":1}}'

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
