"""The jobs' function: messages of its queue as SQS hands them over, and the rule that comes each minute."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fanin.engine.catalogue import Catalogue
from fanin.entrypoints.aws_lambda.tasks import MINUTE, MOST_FAILURES, TaskHandler, worker_handler
from fanin.jobs.callback import Caller
from fanin.jobs.job import State
from fanin.jobs.message import CallBack, RunJob
from fanin.jobs.order import Orders
from fanin.jobs.overdue import see_to_overdue
from fanin.jobs.queue import job_kinds, task_of
from fanin.jobs.run import Worker
from fanin.testing import fake_clock
from fanin.testing.fake_clock import FakeClockLoop
from tests.jobs.world import CONFIG, World
from tests.unit.lambda_events import FakeContext

EVENTS = Path(__file__).parents[2] / "tests/events/events/jobs"


class Function:
    """The function over a world, and what it sends to the dead letters unread."""

    def __init__(self, loop: FakeClockLoop) -> None:
        self.loop, self.world = loop, World()
        self.buried: list[tuple[str, str]] = []
        cut, now = self.world.reached(), fake_clock.now
        pipelines = dict.fromkeys(CONFIG.sources, self.world._fetch)
        worker = Worker(Orders(Catalogue(CONFIG, now)), pipelines, cut, cut, cut, now=now)
        caller = Caller(cut, cut, self.world._post, self.world._secret, now)
        kinds = job_kinds(worker, caller)
        self.handler: TaskHandler = worker_handler(
            kinds, bury=self._bury, minute=self._minute, loop=loop, clock=loop.time
        )

    async def _bury(self, body: str, reason: str) -> None:
        self.buried.append((body, reason))

    async def _minute(self) -> None:
        cut = self.world.reached()
        await see_to_overdue(cut, cut, fake_clock.now)

    def accept(self) -> str:
        job_service = self.world.job_service()
        order = job_service.orders.order("trip", {"city": "Lisbon"}, callback="https://hooks.example.com/x")
        return self.loop.run_until_complete(job_service.accept(order, "")).id

    def give(self, *bodies: str, received: int = 1) -> list[str]:
        """Hand messages over; give those that are to come again."""
        records = [
            {"messageId": body, "body": body, "attributes": {"ApproximateReceiveCount": str(received)}}
            for body in bodies
        ]
        answer: Mapping[str, Any] = self.handler({"Records": records}, FakeContext())
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def state(self, job_id: str) -> State:
        return self.world.store.written(job_id).state


@pytest.fixture
def function() -> Iterator[Function]:
    loop = FakeClockLoop()
    yield Function(loop)
    loop.close()


def test_the_messages_in_events_are_what_it_takes(function: Function) -> None:
    job_id = function.accept()
    event = json.loads((EVENTS / "run-job.json").read_text())
    assert json.loads(event["Records"][0]["body"])["id"] == job_id
    assert function.handler(event, FakeContext()) == {"batchItemFailures": []}
    assert function.state(job_id) is State.SUCCEEDED
    assert json.loads((EVENTS / "minute.json").read_text()) == MINUTE


def test_a_callback_is_delivered_from_its_message(function: Function) -> None:
    job_id = function.accept()
    assert function.give(task_of(RunJob(job_id)).encode()) == []
    assert function.give(task_of(CallBack(job_id, 0)).encode()) == []
    assert len(function.world.posted) == 1


def test_the_minute_rule_sends_what_is_overdue(function: Function) -> None:
    job_id = function.accept()
    function.world.waiting.clear()
    function.loop.advance(600)
    function.handler(MINUTE, FakeContext())
    assert [message for _, message in function.world.waiting] == [RunJob(job_id)]


def test_looking_ends_with_the_invocation(function: Function) -> None:
    async def endless() -> None:
        await asyncio.sleep(1000)

    handler = worker_handler({}, minute=endless, loop=function.loop, clock=function.loop.time)
    with pytest.raises(TimeoutError):
        handler(MINUTE, FakeContext())


def test_what_cannot_be_read_is_buried_at_once(function: Function) -> None:
    assert function.give("not JSON") == []
    assert function.buried == [("not JSON", "TaskRefused: the message is not JSON")]


@pytest.mark.parametrize(
    ("kind", "version", "payload"),
    [
        ("run_job", 2, {"job": "x", "after": None}),
        ("of_none", 1, {}),
        ("run_job", 1, {"job": 7}),
        ("call_back", 1, {"job": "x", "attempt": "0"}),
    ],
)
def test_what_a_newer_function_may_know_is_handed_back_before_it_is_buried(
    function: Function, kind: str, version: int, payload: dict[str, Any]
) -> None:
    body = json.dumps({"id": "1", "kind": kind, "version": version, "payload": payload})
    assert function.give(body, received=MOST_FAILURES - 1) == [body]
    assert function.buried == []
    assert function.give(body, received=MOST_FAILURES) == []
    [(buried, reason)] = function.buried
    assert buried == body
    assert reason.startswith("TaskRefused: ")
