"""fanin.worker: a batch of messages, each done by itself, and the failed ones named so that they alone come again."""

import asyncio
import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fanin.compose.jobs import jobs
from fanin.compose.worker import worker
from fanin.entrypoints.aws_lambda.handler import RESERVE
from fanin.entrypoints.aws_lambda.tasks import MINUTE, TaskHandler, worker_handler
from fanin.errors import SourceUnavailable
from fanin.testing.fake_clock import FakeClockLoop
from fanin.worker.task import MAX_TASK, Kind, Task, TaskRefused


class Context:
    """Lambda's context, with seconds left on a fake clock."""

    aws_request_id = "1"

    def __init__(self, seconds: float = 30.0) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds * 1000)


class Doing:
    """Does tasks as their payload says."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.deadlines: set[float] = set()

    async def do(self, task: Task, deadline: float) -> None:
        self.deadlines.add(deadline)
        match task.payload:
            case {"wait": float() | int() as seconds}:
                await asyncio.sleep(seconds)
            case {"fail": "expected"}:
                raise SourceUnavailable("a", "a is down")
            case {"fail": _}:
                raise RuntimeError("a bug")
            case {"leave": _}:
                self.left = asyncio.create_task(asyncio.sleep(100))
        self.done.append(task.id)


@pytest.fixture
def doing() -> Doing:
    return Doing()


@pytest.fixture
def loop() -> Iterator[FakeClockLoop]:
    loop = FakeClockLoop()
    yield loop
    loop.close()
    asyncio.set_event_loop(None)


@pytest.fixture
def handler(doing: Doing, loop: FakeClockLoop) -> TaskHandler:
    return worker_handler({"work": Kind(frozenset({1, 2}), doing.do)}, loop=loop, clock=loop.time)


def task(id_: str = "j", kind: str = "work", version: int = 1, **payload: Any) -> str:
    return Task(id_, kind, version, payload).encode()


def batch(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": f"m{n}", "body": body} for n, body in enumerate(bodies)]}


def failed(response: Mapping[str, Any]) -> list[str]:
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def test_tasks_that_are_done_are_not_named(handler: TaskHandler, doing: Doing) -> None:
    assert failed(handler(batch(task("1"), task("2", version=2)), Context())) == []
    assert doing.done == ["1", "2"]
    assert failed(handler(batch(), Context())) == []


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (task(kind="other"), "TaskRefused: nobody does tasks of the kind 'other'"),
        (task(version=3), "TaskRefused: nobody does version 3 of work"),
        ("no JSON", "TaskRefused: the message is not JSON"),
        ("{}", "TaskRefused: the message is no task"),
        ('{"id": "1", "kind": "work", "version": "1", "payload": {}}', "TaskRefused: the message is no task"),
        (task(fail="expected"), "SourceUnavailable: a is down"),
        (task(wait=100), "TimeoutError"),
    ],
)
def test_a_task_that_fails_is_named_alone_with_its_reason_in_the_log(
    handler: TaskHandler, doing: Doing, bad: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "fanin"):
        assert failed(handler(batch(task("1"), bad, task("3")), Context())) == ["m1"]
    assert doing.done == ["1", "3"]
    (record,) = [record for record in caplog.records if record.message == "task failed"]
    assert vars(record)["reason"].startswith(reason)
    assert vars(record)["message_id"] == "m1"


def test_a_bug_is_logged_with_its_stack(handler: TaskHandler, caplog: pytest.LogCaptureFixture) -> None:
    assert failed(handler(batch(task(fail="bug")), Context())) == ["m0"]
    assert [record.exc_info is not None for record in caplog.records] == [True]


def test_tasks_of_a_batch_are_done_at_once_and_end_before_the_invocation_does(
    handler: TaskHandler, doing: Doing, loop: FakeClockLoop
) -> None:
    assert failed(handler(batch(*[task(str(n), wait=1) for n in range(10)]), Context())) == []
    assert loop.time() == 1.0
    assert failed(handler(batch(task("slow", wait=60), task("1", wait=5)), Context(10))) == ["m0"]
    assert loop.time() == pytest.approx(1 + 10 - RESERVE)
    assert doing.deadlines == {30 - RESERVE, 11 - RESERVE}


def test_what_a_task_leaves_running_ends_with_the_invocation(handler: TaskHandler, doing: Doing) -> None:
    handler(batch(task(leave=1)), Context())
    assert doing.left.cancelled()


@pytest.mark.parametrize(
    "event",
    [{}, [], "ping", None, {"Records": [{"body": "no id"}]}, {"requestContext": {"http": {"method": "GET"}}}],
)
def test_what_is_no_batch_fails_as_a_whole(handler: TaskHandler, event: Any) -> None:
    with pytest.raises(TaskRefused):
        handler(event, Context())


@pytest.mark.parametrize("odd", [None, 1, "text", [], {}, {"body": "no id"}, {"messageId": 7, "body": "{}"}])
def test_what_is_no_message_is_refused_and_the_rest_of_the_batch_is_done(
    handler: TaskHandler, doing: Doing, caplog: pytest.LogCaptureFixture, odd: Any
) -> None:
    """It cannot be handed back, since it has no name."""
    event = batch(task("a"), task("b"))
    event["Records"].insert(1, odd)
    assert failed(handler(event, Context())) == []
    assert doing.done == ["a", "b"]
    assert [record.message for record in caplog.records if record.levelno == logging.ERROR] == ["message refused"]


@pytest.mark.parametrize("body", [{}, {"body": None}, {"body": 7}, {"body": {"id": "a"}}, {"body": ["a"]}])
def test_a_message_without_a_readable_body_is_named_and_the_rest_of_the_batch_is_done(
    handler: TaskHandler, doing: Doing, body: Mapping[str, Any]
) -> None:
    event = batch(task("a"))
    event["Records"].append({"messageId": "odd", **body})
    assert failed(handler(event, Context())) == ["odd"]
    assert doing.done == ["a"]


def test_a_task_reads_as_it_was_written() -> None:
    written = Task("1", "work", 7, {"a": [1, None, "ü"]})
    assert Task.decode(written.encode()) == written
    assert json.loads(written.encode()) == {"id": "1", "kind": "work", "version": 7, "payload": {"a": [1, None, "ü"]}}


def test_a_task_has_no_characters_that_sqs_refuses() -> None:
    """U+FFFE and U+FFFF are the only ones that JSON does not escape by itself."""
    written = Task("1", "work", 1, {"a": "\x00\x1f\x7f ü\ud7ff\ue000\ufffd\ufffe\uffff\U00010000\U0010ffff"})
    text = written.encode()
    assert re.fullmatch("[\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+", text)
    assert Task.decode(text) == written


def test_a_task_that_the_queue_would_not_take_is_refused() -> None:
    with pytest.raises(TaskRefused):
        Task("1", "work", 1, {"a": "x" * MAX_TASK}).encode()


PLACES = {"FANIN_TABLE": "t", "FANIN_QUEUE": "q", "FANIN_JOBS": "t", "FANIN_JOBS_QUEUE": "q", "FANIN_JOBS_BUCKET": "b"}


@pytest.mark.parametrize("make", [worker, jobs])
def test_where_sam_local_serves_nothing_is_due(
    make: Callable[[Path, Mapping[str, str]], TaskHandler], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The names of tables and queues lead nowhere there: the event of the minute answers, and nobody is alarmed."""
    endpoint = '[sources.a]\nvalue = 1\n[endpoints.a]\npath = "/a"\nsources = ["a"]\n'
    (tmp_path / "fanin.toml").write_text(f"fanin = 1\n{endpoint}")
    handler = make(tmp_path, {**PLACES, "AWS_SAM_LOCAL": "true", "AWS_REGION": "eu-west-1"})
    context: Any = SimpleNamespace(aws_request_id="1", get_remaining_time_in_millis=lambda: 60_000)
    assert handler(MINUTE, context) == {"batchItemFailures": []}
    asyncio.get_event_loop().close()
    asyncio.set_event_loop(None)
    assert [record.levelname for record in caplog.records if record.levelno >= logging.WARNING] == []
