"""The deployed worker: tasks from its queue are done, and what it cannot do ends in the dead-letter queue."""

from collections.abc import Iterator
from typing import Any

import pytest

from fanin.local.stack.stack import Stack
from fanin.worker.task import Task
from tests.stack.waiting import waited_for

_WITHIN = 90.0


@pytest.fixture(scope="module")
def sqs(deployed: Stack) -> Any:
    return deployed.deployment.client("sqs")


@pytest.fixture
def queue(deployed: Stack, sqs: Any) -> Iterator[str]:
    """Give the queue's URL, a failed message coming back at once."""
    url = deployed.deployment.ids["TasksQueue"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "0"})
    yield url
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "180"})


def test_what_nobody_does_ends_in_the_dead_letter_queue(deployed: Stack, sqs: Any, queue: str) -> None:
    body = Task("1", "of-no-kind", 1, {}).encode()
    sqs.send_message(QueueUrl=queue, MessageBody=body)
    dead = deployed.deployment.ids["TasksDeadLetterQueue"]
    (message,) = waited_for(lambda: sqs.receive_message(QueueUrl=dead).get("Messages"), _WITHIN)
    assert message["Body"] == body
