"""fanin.worker.refresh: from a stale answer's call to a task, and from the task to the same call."""

import logging
from collections.abc import Mapping
from typing import Any

import pytest

from fanin.aws.errors import AwsUnavailable
from fanin.config import Source
from fanin.config.template import FieldReference, ParameterReference
from fanin.engine.call import Call
from fanin.engine.catalogue import Catalogue
from fanin.engine.outcome import Outcome, Span
from fanin.errors import SourceUnavailable
from fanin.policies.cache.key import key_of
from fanin.stores.aws.calls import Calls
from fanin.stores.aws.queue import AwsQueue
from fanin.stores.bounds import SPARED
from fanin.testing import fake_clock
from fanin.worker.queue import Tasks
from fanin.worker.refresh import handing_over, refresh_kind, refresh_task
from fanin.worker.task import MAX_TASK, Task, TaskRefused
from tests.unit.scenario import config_of

CONFIG = config_of(
    '[sources.geo]\nurl = "https://geo.example/{city}"\n'
    '[sources.a]\nurl = "https://a.example/{city}?lat={geo.lat}&key={!key}"\nmethod = "POST"\nwrites = false\n'
    'headers = { X-Yes = "{yes}", Authorization = "{!token}" }\nbody = { near = ["{geo.lat}"] }\n'
    "cache = {}\n[endpoints]\n"
)
VALUES = {
    ParameterReference("city"): "São Paulo",
    FieldReference("geo", ("lat",)): -23.5,
    ParameterReference("yes"): True,
}


def call_of(source: Source, values: Mapping[Any, Any] = VALUES) -> Call:
    return Call(source, source.request(values), 1.0, Span(ready=0.0), values=values)


class Sqs:
    """Takes messages."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    async def call(self, service: str, operation: str, payload: Any, *, timeout: float) -> Any:  # noqa: ASYNC109 - as AWS's client has it
        assert (service, operation) == ("sqs", "SendMessage")
        assert timeout <= 0.1
        self.sent.append(payload)
        return {"MessageId": "1"}


def tasks_in(sqs: Sqs) -> Tasks:
    return Tasks(AwsQueue(Calls(sqs, "sqs", SPARED), "https://queue.example/"))  # type: ignore[arg-type]


def test_a_task_asks_what_the_call_asked_and_tells_no_secret() -> None:
    async def body() -> None:
        sqs, done = Sqs(), []
        hand_over = handing_over(tasks_in(sqs))
        call = call_of(CONFIG.sources["a"])
        assert await hand_over(call, key_of(call))
        (sent,) = sqs.sent
        assert sent["QueueUrl"] == "https://queue.example/"
        assert "token" not in sent["MessageBody"]
        assert "key=" not in sent["MessageBody"]

        async def pipeline(asked: Call) -> Outcome[Any]:
            done.append(asked)
            return Outcome(1)

        kind = refresh_kind(Catalogue(CONFIG, fake_clock.now), {"a": pipeline})
        task = Task.decode(sent["MessageBody"])
        assert (task.kind, task.id) == ("refresh", key_of(call))
        await kind.do(task, 9.0)
        assert key_of(done[0]) == key_of(call)
        assert done[0].deadline == 9.0

    fake_clock.run(body())


def test_a_task_that_the_queue_does_not_take_is_not_handed_over() -> None:
    """So its answer is refreshed alongside the request."""

    class Down(Sqs):
        async def call(self, service: str, operation: str, payload: Any, *, timeout: float) -> Any:  # noqa: ASYNC109
            await super().call(service, operation, payload, timeout=timeout)
            raise AwsUnavailable("sqs did not answer")

    async def body() -> None:
        assert not await handing_over(tasks_in(Down()))(call_of(CONFIG.sources["a"]), "k")

    fake_clock.run(body())


def test_a_task_that_is_too_large_is_not_handed_over() -> None:
    async def body() -> None:
        sqs = Sqs()
        hand_over = handing_over(tasks_in(sqs))
        call = call_of(CONFIG.sources["a"], VALUES | {ParameterReference("city"): "x"})
        object.__setattr__(call, "values", VALUES | {ParameterReference("city"): "x" * MAX_TASK})
        assert not await hand_over(call, "k")
        assert sqs.sent == []

    fake_clock.run(body())


def test_a_source_that_fails_is_logged_and_the_task_done_with(caplog: pytest.LogCaptureFixture) -> None:
    async def body() -> None:
        async def failing(_: Call) -> Outcome[Any]:
            return Outcome.failed(SourceUnavailable("a", "a is down"))

        kind = refresh_kind(Catalogue(CONFIG, fake_clock.now), {"a": failing})
        with caplog.at_level(logging.WARNING, "fanin"):
            await kind.do(refresh_task(call_of(CONFIG.sources["a"]), "k"), 9.0)
        assert vars(caplog.records[0])["reason"] == "source-unavailable: a is down"

    fake_clock.run(body())


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"source": "b", "values": {}},
        {"source": "a", "values": []},
        {"source": "a", "values": {"{city}": "x", "{yes}": True}},
        {"source": "a", "values": {"{city}": None, "{geo.lat}": 1, "{yes}": True}},
    ],
)
def test_a_task_for_what_is_not_in_fanin_toml_is_refused(payload: dict[str, Any]) -> None:
    async def body() -> None:
        kind = refresh_kind(Catalogue(CONFIG, fake_clock.now), {})
        with pytest.raises(TaskRefused):
            await kind.do(Task("k", "refresh", 1, payload), 9.0)

    fake_clock.run(body())
