"""Jobs of one process, as a server without AWS has them."""

import asyncio
from random import Random
from typing import Any

import pytest

from fanin.compose.jobs_parts import Around, job_service_of
from fanin.compose.resources import Resources
from fanin.engine.call import Runtime
from fanin.engine.catalogue import Catalogue
from fanin.errors import FaninError
from fanin.jobs.callback import Caller
from fanin.jobs.job import State, queued
from fanin.jobs.local import LocalQueue
from fanin.jobs.message import CallBack, JobMessage, RunJob
from fanin.jobs.overdue import see_to_overdue
from fanin.jobs.run import Postponed
from fanin.jobs.service import JobService
from fanin.observability.redact import redactor
from fanin.sources.address import AddressGuard
from fanin.sources.resolve import Resolver
from fanin.stores.errors import StoreUnavailable
from fanin.testing import fake_clock
from tests.jobs.world import CONFIG, World
from tests.roots import tls_context


async def nothing(*_: object) -> None:
    """Do nothing."""


def no_resources() -> Resources:
    raise AssertionError("nothing is kept in AWS")


def in_memory(world: World) -> JobService:
    """Make the desk of a server that keeps its jobs in memory."""

    async def secret(name: str) -> str:
        raise FaninError(name)

    runtime = Runtime(fake_clock.now, fake_clock.now, randomness=Random(0))
    environment, tls, resolver = {"FANIN_JOBS": "memory"}, tls_context(), Resolver(AddressGuard(""))
    around = Around(
        Catalogue(CONFIG, fake_clock.now), environment, runtime, resolver, tls, no_resources, secret, redactor()
    )
    job_service = job_service_of(around, dict.fromkeys(CONFIG.sources, world._fetch))
    assert job_service
    return job_service


def test_a_job_runs_in_the_process_that_took_it() -> None:
    async def story() -> None:
        job_service = in_memory(World())
        job = await job_service.accept(job_service.orders.order("trip", {"city": "Lisbon"}), "")
        await asyncio.sleep(5)
        done = await job_service.get(job.id, "")
        assert done.state is State.SUCCEEDED
        assert done.kept
        assert await job_service.results.body(done.kept) == b'{"geo":{"lat":1},"weather":{"lat":1}}'

    fake_clock.run(story())


def test_a_callback_is_tried_again_later_than_a_message_waits() -> None:
    async def story() -> None:
        world = World(receiver=lambda attempt: 204 if attempt == 6 else 503)
        memory, job_service = world.store, world.job_service()

        async def work(message: JobMessage) -> None:
            assert isinstance(message, CallBack)
            await Caller(memory, queue, world._post, world._secret, fake_clock.now).deliver(message)

        async def look() -> None:
            await see_to_overdue(memory, queue, fake_clock.now)

        queue = LocalQueue(work, look)
        order = job_service.orders.order("trip", {"city": "Lisbon"}, callback="https://hooks.example.com/x")
        job = await job_service.accept(order, "")
        await world.deliver(RunJob(job.id))
        await queue.send(CallBack(job.id, 0))
        await asyncio.sleep(3 * 3600)
        told = await memory.get(job.id)
        assert told
        assert told.callback
        assert (told.callback.state, told.callback.attempts) == ("delivered", 6)
        await queue.aclose()

    fake_clock.run(story())


def test_what_has_no_message_is_looked_for_each_minute() -> None:
    async def story() -> None:
        job_service = in_memory(World())
        lost = queued("f" * 32, "", "trip", {"city": "Lisbon"}, "", now=fake_clock.now())
        assert await job_service._store.put(lost)
        await job_service.accept(job_service.orders.order("trip", {"city": "Lisbon"}), "")
        await asyncio.sleep(300)
        assert (await job_service.get(lost.id, "")).state is State.SUCCEEDED

    fake_clock.run(story())


def test_a_look_that_fails_is_followed_by_the_next() -> None:
    async def story() -> None:
        looks: list[float] = []

        async def look() -> None:
            looks.append(fake_clock.now())
            raise StoreUnavailable

        queue = LocalQueue(nothing, look)
        await queue.send(RunJob("a"))
        await queue.send(RunJob("b"))  # which looks no second time
        await asyncio.sleep(130)
        await queue.aclose()
        await asyncio.sleep(130)
        assert looks == [60, 120]

    fake_clock.run(story())


def test_messages_beyond_the_bound_are_refused_and_closing_ends_what_waits() -> None:
    async def story() -> None:
        worked: list[Any] = []

        async def work(message: JobMessage) -> Postponed | None:
            worked.append(message)
            return Postponed(10) if len(worked) == 1 else None

        queue = LocalQueue(work, nothing, max_waiting=2)
        await queue.send(RunJob("a"))
        await queue.send(RunJob("b"), delay=1000)
        with pytest.raises(StoreUnavailable):
            await queue.send(RunJob("c"))
        await asyncio.sleep(20)
        assert worked == [RunJob("a"), RunJob("a")]
        await queue.aclose()
        await asyncio.sleep(2000)
        assert len(worked) == 2

    fake_clock.run(story())
