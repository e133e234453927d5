"""Runs of jobs: whatever ends a worker, and however often a message comes, a job's end is recorded once."""

import asyncio
import json
from random import Random
from typing import Any
from uuid import UUID

import pytest

from fanin.credentials.secrets.redaction import Redaction
from fanin.engine.call import Call
from fanin.engine.outcome import Outcome
from fanin.errors import NotFound, SourceTimeout
from fanin.jobs import answers
from fanin.jobs.job import MAX_RUNS, SILENT, Job, KeptAnswer, State
from fanin.jobs.message import RunJob
from fanin.jobs.overdue import see_to_overdue
from fanin.jobs.results import StoredResults
from fanin.jobs.run import BEAT, RETRY_AFTER, SHORTEST_BEAT
from fanin.observability.redact import redactor
from fanin.stores.errors import StoreUnavailable
from fanin.testing import fake_clock
from tests.jobs.world import CONFIG, Killed, Life, StrictJobs, World
from tests.unit.scenario import config_of


async def accepted(world: World, callback: str = "", city: str = "Lisbon") -> Job:
    job_service = world.job_service()
    return await job_service.accept(job_service.orders.order("trip", {"city": city}, callback=callback), "")


async def ended(world: World, job_id: str) -> tuple[Job, Any]:
    job = await world.store.get(job_id)
    assert job
    body = await world.store.results.body(job.kept) if job.kept else None
    return job, json.loads(body) if body else None


def test_a_job_comes_to_what_its_endpoint_answers() -> None:
    async def story() -> None:
        world = World()
        job = await accepted(world)
        await world.settle()
        done, body = await ended(world, job.id)
        assert (done.state, done.status, done.complete, done.runs) == (State.SUCCEEDED, 200, True, 1)
        assert body == {"geo": {"lat": 1}, "weather": {"lat": 1}}
        assert done.progress == {"geo": "fresh", "weather": "fresh"}
        assert [done.started, done.ended] == [pytest.approx(0, abs=0.1), pytest.approx(1, abs=0.3)]
        assert done.due is None

    fake_clock.run(story())


PICKED = config_of("""
[sources.geo]
url = "https://geo.example/{city}"
[sources.hills]
when = "geo.lat > `1`"
url = "https://hills.example/{geo.lat}"
[endpoints.trip]
path = "/trip/{city}"
pick = "{city: parameters.city, lat: geo.lat, hills: hills}"
""")


def test_a_job_has_what_its_endpoints_pick_makes() -> None:
    """And its progress has the states of the sources."""

    async def story() -> None:
        world = World(config=PICKED)
        job = await accepted(world)
        await world.settle()
        done, body = await ended(world, job.id)
        assert (done.state, done.status, done.complete) == (State.SUCCEEDED, 200, True)
        assert body == {"city": "Lisbon", "lat": 1, "hills": None}
        assert done.progress == {"geo": "fresh", "hills": "skipped"}

    fake_clock.run(story())


def test_a_job_whose_endpoint_fails_has_its_problem() -> None:
    def failing(call: Call) -> Outcome[Any]:
        return Outcome.failed(NotFound(call.source.name, "no such place"))

    async def story() -> None:
        world = World(answer=failing)
        job = await accepted(world)
        await world.settle()
        done, body = await ended(world, job.id)
        assert (done.state, done.status, done.complete) == (State.FAILED, 404, False)
        assert body["type"].endswith("/not-found")
        assert body["request_id"] == job.id
        assert done.progress == {"geo": "not-found", "weather": "dependency-failed"}

    fake_clock.run(story())


def test_a_partial_answer_is_a_result() -> None:
    def partly(call: Call) -> Outcome[Any]:
        if call.source.name == "weather":
            return Outcome.failed(SourceTimeout("weather", "too slow"))
        return Outcome({"lat": 1})

    async def story() -> None:
        world = World(answer=partly)
        job = await accepted(world)
        await world.settle()
        done, body = await ended(world, job.id)
        assert (done.state, done.status, done.complete) == (State.SUCCEEDED, 200, False)
        assert body["weather"] is None

    fake_clock.run(story())


def test_progress_is_told_while_a_job_runs() -> None:
    async def story() -> None:
        world = World(seconds=30.0)
        job = await accepted(world)
        await world.settle(until=35.0)
        running = await world.store.get(job.id)
        assert running
        assert running.state is State.RUNNING
        assert running.progress == {"geo": "fresh", "weather": "running"}

    fake_clock.run(story())


def test_a_job_may_run_for_its_endpoints_job_timeout() -> None:
    config = CONFIG.model_copy(
        update={"endpoints": {"trip": CONFIG.endpoints["trip"].model_copy(update={"job_timeout": 870.0})}}
    )
    config.endpoints["trip"].take_name("trip")

    async def story() -> None:
        world = World(config=config, seconds=400.0)
        job = await accepted(world)
        await world.settle()
        done, _ = await ended(world, job.id)
        assert (done.state, done.runs) == (State.SUCCEEDED, 1)
        assert [call.deadline for call in world.calls] == [pytest.approx(870, abs=1)] * 2

    fake_clock.run(story())


def test_a_duplicate_does_nothing_while_a_job_runs_and_after_it_has_ended() -> None:
    async def story() -> None:
        world = World()
        job = await accepted(world)
        world.waiting *= 3
        await world.settle()
        await world.deliver(RunJob(job.id))
        done, _ = await ended(world, job.id)
        assert done.runs == 1
        assert len(world.calls) == 2
        assert world.store.recorded == [job.id]

    fake_clock.run(story())


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("step", range(14))
def test_a_worker_may_be_ended_at_any_step(step: int, behind: bool) -> None:  # noqa: FBT001 - a parameter of the test
    async def story() -> None:
        world = World()
        job = await accepted(world, callback="https://hooks.example.com/x")
        lives = iter([Life(step, behind), Life(step, not behind)])
        await world.settle(lambda: next(lives, Life()))
        done, body = await ended(world, job.id)
        assert done.state is State.SUCCEEDED
        assert body["geo"] == {"lat": 1}
        assert world.store.recorded == [job.id]
        assert world.buried == []
        assert done.callback
        assert done.callback.state == "delivered"
        assert len({dict(request.headers)["webhook-id"] for request in world.posted}) == 1

    fake_clock.run(story())


@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("step", range(8))
def test_whoever_hands_in_may_be_cut_off_at_any_step_and_ask_again(step: int, behind: bool) -> None:  # noqa: FBT001
    async def story() -> None:
        world = World()
        order = world.job_service().orders.order("trip", {"city": "Lisbon"})
        job = None
        try:
            job = await world.job_service(Life(step, behind)).accept(order, "", "key")
        except Killed:
            job = await world.job_service().accept(order, "", "key")
        again = await world.job_service().accept(order, "", "key")
        assert again.id == job.id
        await world.settle()
        done, _ = await ended(world, job.id)
        assert done.state is State.SUCCEEDED
        assert world.store.recorded == [job.id]

    fake_clock.run(story())


def test_a_job_whose_message_was_never_sent_is_found() -> None:
    async def story() -> None:
        world = World()
        job = await accepted(world)
        world.waiting.clear()
        await world.settle()
        done, _ = await ended(world, job.id)
        assert done.state is State.SUCCEEDED
        assert done.ended
        assert done.ended < 200

    fake_clock.run(story())


class Unreadable(StrictJobs):
    """A store that has a record which this version does not understand."""

    unreadable = ""

    async def get(self, job_id: str) -> Job | None:
        if job_id == self.unreadable:
            raise TypeError("got an unexpected keyword argument")
        return await super().get(job_id)


def test_a_record_that_is_not_understood_keeps_no_other_from_being_found() -> None:
    async def story() -> None:
        world = World(store=(store := Unreadable()))
        store.unreadable, second = (await accepted(world)).id, await accepted(world)
        world.waiting.clear()
        await asyncio.sleep(200)
        reached = world.reached()
        assert await see_to_overdue(reached, reached, fake_clock.now) == 1
        assert [message for _, message in world.waiting] == [RunJob(second.id)]

    fake_clock.run(story())


def test_a_job_whose_worker_is_ended_goes_on_within_three_minutes() -> None:
    async def story() -> None:
        world = World()
        job = await accepted(world)
        lives = iter([Life(3)])
        await world.settle(lambda: next(lives, Life()))
        done, _ = await ended(world, job.id)
        assert done.runs == 2
        assert done.ended
        assert done.ended < 180

    fake_clock.run(story())


def test_a_job_that_ends_every_worker_is_set_aside_with_the_reason() -> None:
    async def story() -> None:
        world = World()
        job = await accepted(world)
        await world.settle(lambda: Life(3), until=3000.0)
        await world.settle()  # the worker that finds it exhausted is one that lives
        done, _ = await ended(world, job.id)
        assert (done.state, done.runs) == (State.DEAD, MAX_RUNS)
        assert {message for message, _ in world.buried} == {RunJob(job.id, after=MAX_RUNS)}
        assert all("not heard of" in reason for _, reason in world.buried)

    fake_clock.run(story())


def test_a_job_that_fails_its_worker_is_set_aside_with_the_error() -> None:
    def broken(_: Call) -> Outcome[Any]:
        raise ZeroDivisionError("by a bug")

    async def story() -> None:
        world = World(answer=broken)
        job = await accepted(world)
        await world.settle()
        done, _ = await ended(world, job.id)
        assert (done.state, done.runs, done.due) == (State.DEAD, MAX_RUNS, None)
        [(_, reason)] = world.buried
        assert reason == "ZeroDivisionError: by a bug"

        # Repaired, and its dead letter sent again: it has all its runs before it.
        world.answer = lambda _: Outcome({"lat": 1})
        for _ in range(2):
            await world.enqueue(world.buried[0][0], 0)
        await world.settle()
        done, _ = await ended(world, job.id)
        assert (done.state, done.runs) == (State.SUCCEEDED, MAX_RUNS + 1)
        assert len(world.buried) == 1

    fake_clock.run(story())


def test_no_secret_and_no_internal_address_of_an_error_leaves_a_run() -> None:
    """Neither in the job's record, nor in what is posted, nor in the dead letter."""
    known = Redaction()
    known.learn("members_key", "s3cr3t-value")
    hidden = ("s3cr3t-value", "10.11.12.13", "hunter2-hunter2", "db.corp.internal")

    def broken(_: Call) -> Outcome[Any]:
        raise OSError(f"{hidden[1]}: {hidden[3]} refused {hidden[0]}, Bearer {hidden[2]} " * 40)

    async def story() -> None:
        world = World(answer=broken, redact=redactor(known))
        job = await accepted(world, callback="https://hooks.example.com/x")
        await world.settle()
        done, _ = await ended(world, job.id)
        assert (done.state, done.reason[:9], len(done.reason)) == (State.DEAD, "OSError: ", 500)
        [(letter, reason)] = world.buried
        shown = answers.one(done, "r").body
        world.answer = lambda _: Outcome({"lat": 1})
        await world.enqueue(letter, 0)  # a job that has ended is called back
        await world.settle()
        [posted] = world.posted
        seen = f"{done} {letter} {reason} {shown!r} {posted}"
        assert [text for text in hidden if text in seen] == []

    fake_clock.run(story())


class Full(StoredResults):
    """Results that keep no answers."""

    full = True

    async def keep(self, name: str, body: bytes, expires: float) -> KeptAnswer | None:
        if self.full:
            raise StoreUnavailable("AccessDenied")
        return await super().keep(name, body, expires)


def test_a_job_whose_answer_cannot_be_kept_is_set_aside_with_the_reason() -> None:
    async def story() -> None:
        world = World()
        world.store.results = store = Full(world.store.table, None)
        job = await accepted(world)
        await world.settle()
        done, _ = await ended(world, job.id)
        assert (done.state, done.runs, done.reason) == (State.DEAD, MAX_RUNS, "StoreUnavailable: AccessDenied")
        assert world.buried == [(RunJob(job.id, after=MAX_RUNS), done.reason)]

        store.full = False
        await world.enqueue(world.buried[0][0], 0)
        await world.settle()
        done, _ = await ended(world, job.id)
        assert (done.state, done.runs) == (State.SUCCEEDED, MAX_RUNS + 1)

    fake_clock.run(story())


def test_a_run_that_came_to_nothing_is_followed_by_the_next_after_seconds_and_not_by_the_minute_rule() -> None:
    def broken(_: Call) -> Outcome[Any]:
        raise ZeroDivisionError("by a bug")

    async def story() -> None:
        world = World(answer=broken)
        job = await accepted(world)
        world.waiting.clear()
        assert await world.deliver(RunJob(job.id)) is None
        assert world.waiting == [(fake_clock.now() + RETRY_AFTER, RunJob(job.id))]

    fake_clock.run(story())


def test_the_reason_is_that_of_the_last_run() -> None:
    def broken(_: Call) -> Outcome[Any]:
        raise ZeroDivisionError("by a bug")

    async def story() -> None:
        world = World(answer=broken)
        job = await accepted(world)
        lives = iter([Life()])
        await world.settle(lambda: next(lives, Life(3)), until=3000.0)
        await world.settle()
        done, _ = await ended(world, job.id)
        assert (done.state, done.reason) == (State.DEAD, SILENT)
        assert {reason for _, reason in world.buried} == {SILENT}

    fake_clock.run(story())


def test_a_message_without_a_job_is_buried() -> None:
    async def story() -> None:
        world = World()
        await world.deliver(RunJob("f" * 32))
        assert world.buried == [(RunJob("f" * 32), "there is no such job, or no more")]

    fake_clock.run(story())


def test_a_job_whose_endpoint_is_gone_fails() -> None:
    async def story() -> None:
        world = World()
        job = await accepted(world)
        world.config = CONFIG.model_copy(update={"endpoints": {}})
        await world.settle()
        done, body = await ended(world, job.id)
        assert (done.state, done.status) == (State.FAILED, 410)
        assert body["type"].endswith("/endpoint-gone")

    fake_clock.run(story())


def test_cancelling_stops_a_run_at_its_next_beat() -> None:
    async def story() -> None:
        world = World(seconds=100.0)
        job = await accepted(world)
        run = asyncio.ensure_future(world.deliver(RunJob(job.id)))
        await asyncio.sleep(5)
        await world.job_service().cancel(job.id, "")
        assert await run is None
        assert fake_clock.now() <= BEAT + SHORTEST_BEAT
        done, _ = await ended(world, job.id)
        assert (done.state, done.kept) == (State.CANCELLED, None)
        assert [call.span.ended for call in world.calls] == [None]

    fake_clock.run(story())


def test_posts_of_a_job_carry_a_key_that_every_run_repeats() -> None:
    source = CONFIG.sources["geo"].model_copy(update={"method": "POST", "writes": True, "cache": None})
    source.take_name("geo")
    config = CONFIG.model_copy(update={"sources": {**CONFIG.sources, "geo": source}})

    async def story() -> None:
        world = World(config=config)
        await accepted(world)
        lives = iter([Life(3)])
        await world.settle(lambda: next(lives, Life()))
        first, second = [dict(call.request.headers) for call in world.calls if call.request.method == "POST"]
        assert first == second
        assert UUID(first["Idempotency-Key"]).version == 5
        assert [call.request.headers for call in world.calls if call.request.method == "GET"] == [(), ()]

    fake_clock.run(story())


def test_of_many_jobs_under_kills_and_duplicates_none_is_lost_and_none_ends_twice() -> None:
    randomness = Random(7)

    def life() -> Life:
        return Life(randomness.randrange(8), randomness.random() < 0.5) if randomness.random() < 0.15 else Life()

    def sometimes(call: Call) -> Outcome[Any]:
        if "poison" in call.request.url:
            raise ZeroDivisionError("by a bug")
        return Outcome({"lat": 1})

    async def story() -> None:
        world = World(answer=sometimes)
        jobs = [await accepted(world, city="poison" if number % 20 == 0 else "Lisbon") for number in range(200)]
        world.waiting += [entry for entry in world.waiting if randomness.random() < 0.3]
        randomness.shuffle(world.waiting)
        await world.settle(life)
        done = [(await ended(world, job.id))[0] for job in jobs]
        poisoned = {job.id for job in jobs if job.parameters["city"] == "poison"}
        dead = {job.id for job in done if job.state is State.DEAD}
        assert poisoned == dead
        assert {job.state for job in done if job.id not in dead} == {State.SUCCEEDED}
        assert sorted(world.store.recorded) == sorted(job.id for job in jobs if job.id not in dead)
        assert {message.job_id for message, _ in world.buried} == dead

    fake_clock.run(story())


LISTS = config_of("""
[sources.ids]
url = "https://api.example/ids"
[sources.orders]
for_each = "ids"
url = "https://api.example/orders"
method = "POST"
body = { id = "{each}" }
[endpoints.trip]
path = "/trip/{city}"
sources = ["orders"]
""")


def test_a_list_is_running_until_all_of_its_items_are_there() -> None:
    """And each of its writes has a key of its own, the same in every run."""

    def answer(call: Call) -> Outcome[Any]:
        return Outcome([7, 7] if call.source.name == "ids" else 1)

    async def story() -> list[str]:
        world = World(config=LISTS, answer=answer, seconds=25.0)
        job = await accepted(world)
        await world.settle(until=25.0)
        running = await world.store.get(job.id)
        assert running
        assert running.progress == {"ids": "fresh", "orders": "running"}
        await world.settle()
        done, body = await ended(world, job.id)
        assert done.progress == {"ids": "fresh", "orders": "fresh"}
        assert body == {"orders": [1, 1]}
        return [dict(call.request.headers)["Idempotency-Key"] for call in world.calls if call.item is not None]

    keys = fake_clock.run(story())
    assert len(set(keys)) == len(keys) == 2
    assert fake_clock.run(story()) == keys


def test_an_item_keeps_its_key_when_the_list_has_changed_between_two_runs() -> None:
    """By its place, another item would get the key of one that is done, and its API would take it for that one."""
    lists = iter([[7, 8, 8], [9, 8, 7, 8]])

    def answer(call: Call) -> Outcome[Any]:
        return Outcome(next(lists) if call.source.name == "ids" else 1)

    async def story() -> None:
        world = World(config=LISTS, answer=answer)
        job = await accepted(world)
        lives = iter([Life(3)])
        await world.settle(lambda: next(lives, Life()))
        done, _ = await ended(world, job.id)
        assert done.runs == 2
        runs: list[dict[str, set[str]]] = []
        for call in world.calls:
            if call.source.name == "ids":
                runs.append({})
            else:
                body = (call.request.body or b"").decode()
                runs[-1].setdefault(body, set()).add(dict(call.request.headers)["Idempotency-Key"])
        first, second = runs
        assert {body: len(keys) for body, keys in second.items()} == {'{"id":9}': 1, '{"id":8}': 2, '{"id":7}': 1}
        assert first
        assert all(keys <= second[body] for body, keys in first.items())
        assert second['{"id":9}'].isdisjoint(key for keys in first.values() for key in keys)

    fake_clock.run(story())
