"""What is kept warm, in the table of the cache."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from fanin.aws.client import Aws
from fanin.sources.tls import tls_context
from fanin.stores.dynamodb_warm import DynamoDbWarm
from tests.aws.conftest import environment, moto  # noqa: F401 - fixtures
from tests.stores.test_dynamodb import Patient

INDEXED: dict[str, Any] = {
    "TableName": "warm",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": kind} for name, kind in {"pk": "S", "warm": "S", "due": "N"}.items()
    ],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "due",
            "KeySchema": [{"AttributeName": "warm", "KeyType": "HASH"}, {"AttributeName": "due", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}


@pytest.fixture
def warm(runner: asyncio.Runner, environment: dict[str, str]) -> Iterator[DynamoDbWarm]:  # noqa: F811 - a fixture
    aws = Aws(environment, tls_context())
    runner.run(aws.call("dynamodb", "CreateTable", INDEXED, timeout=10))
    yield DynamoDbWarm(Patient(aws, "dynamodb", time.monotonic), "warm")
    runner.run(aws.call("dynamodb", "DeleteTable", {"TableName": "warm"}, timeout=10))
    runner.run(aws.aclose())


def test_what_is_due_comes_the_longest_overdue_first(warm: DynamoDbWarm, runner: asyncio.Runner) -> None:
    for number in (2, 0, 1):
        runner.run(warm.note(f"a#{number}", "a", f"task {number}", 100.0, 400.0 + number))
    runner.run(warm.note("a#0", "a", "task 0", 150.5, 999.0))  # what is due stays
    assert runner.run(warm.due(399.0, 10)) == []
    found = runner.run(warm.due(401.0, 10))
    assert [(row.key, row.source, row.task, row.asked, row.due) for row in found] == [
        ("a#0", "a", "task 0", 150.5, 400.0),
        ("a#1", "a", "task 1", 100.0, 401.0),
    ]
    assert len(runner.run(warm.due(999.0, 2))) == 2


def test_of_two_that_move_at_once_one_does(warm: DynamoDbWarm, runner: asyncio.Runner) -> None:
    runner.run(warm.note("a#0", "a", "task", 100.0, 400.25))
    [row] = runner.run(warm.due(500.0, 10))
    assert runner.run(warm.move(row, 700.0))
    assert not runner.run(warm.move(row, 701.0))
    [moved] = runner.run(warm.due(700.0, 10))
    assert runner.run(warm.move(moved, None))
    assert not runner.run(warm.move(moved, None))
    assert runner.run(warm.due(9_999.0, 10)) == []
    runner.run(warm.note("a#0", "a", "task", 800.0, 900.0))
    assert [row.due for row in runner.run(warm.due(9_999.0, 10))] == [900.0]
