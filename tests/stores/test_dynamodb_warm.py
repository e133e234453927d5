"""What is kept warm, in the table of the cache."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from fanin.aws.client import Aws
from fanin.sources.tls import tls_context
from fanin.stores.dynamodb_warm import DynamoDbWarm
from fanin.stores.warm import ENOUGH, MOST_OF_SOURCE
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


def wanted(warm: DynamoDbWarm, runner: asyncio.Runner, key: str, asked: float, task: str = "task") -> None:
    """Ask as often as is enough."""
    noted = [runner.run(warm.note(key, "a", task, asked, 300.0)) for _ in range(ENOUGH)]
    assert noted == [False] * (ENOUGH - 1) + [True]


def test_what_is_due_comes_the_longest_overdue_first(warm: DynamoDbWarm, runner: asyncio.Runner) -> None:
    for number in (2, 0, 1):
        wanted(warm, runner, f"a#{number}", 100.0 + number, f"task {number}")
    assert runner.run(warm.note("a#0", "a", "task 0", 150.5, 300.0))  # what is due stays
    assert runner.run(warm.due(399.0, 10)) == []
    found = runner.run(warm.due(401.0, 10))
    assert [(row.key, row.source, row.task, row.asked, row.due) for row in found] == [
        ("a#0", "a", "task 0", 150.5, 400.0),
        ("a#1", "a", "task 1", 101.0, 401.0),
    ]
    assert len(runner.run(warm.due(999.0, 2))) == 2


def test_only_requests_of_one_period_count_together(warm: DynamoDbWarm, runner: asyncio.Runner) -> None:
    for period in range(4):
        for _ in range(ENOUGH - 1):
            assert not runner.run(warm.note("a#0", "a", "task", 300.0 * period + 1, 300.0))
    assert runner.run(warm.due(9_999.0, 10)) == []
    assert runner.run(warm.note("a#0", "a", "task", 300.0 * 3 + 2, 300.0))
    assert [row.due for row in runner.run(warm.due(9_999.0, 10))] == [1202.0]


def test_what_is_kept_warm_needs_one_request_to_be_kept_on(warm: DynamoDbWarm, runner: asyncio.Runner) -> None:
    wanted(warm, runner, "a#0", 100.0)
    assert runner.run(warm.note("a#0", "a", "task", 7_000.0, 300.0))
    assert [row.asked for row in runner.run(warm.due(9_999.0, 10))] == [7_000.0]


def test_a_source_has_so_many_a_day_whoever_asks_at_once(warm: DynamoDbWarm, runner: asyncio.Runner) -> None:
    """The last places are not given twice, nor to one key twice; another source and another day have their own."""
    day = 86_400.0

    async def ask(source: str, number: int, asked: float) -> None:
        for _ in range(ENOUGH):
            await warm.note(f"{source}#{number:016x}", source, "task", asked, 300.0)

    async def at_once(source: str, numbers: range, asked: float) -> None:
        await asyncio.gather(*(ask(source, number, asked) for number in numbers for _ in range(2)))

    runner.run(at_once("a", range(MOST_OF_SOURCE + 20), 100.0))
    runner.run(at_once("b", range(3), 100.0))
    assert len(runner.run(warm.due(9_999.0, 500))) == MOST_OF_SOURCE + 3
    runner.run(at_once("a", range(200, 204), day + 100))
    assert len(runner.run(warm.due(2 * day, 500))) == MOST_OF_SOURCE + 3 + 4


def test_a_request_costs_four_requests_to_the_table_at_most(warm: DynamoDbWarm, runner: asyncio.Runner) -> None:
    """Two for the first of a period, one for the next, three for the one that is enough."""
    asked: list[str] = []
    call = warm._service.call

    async def counted(operation: str, *arguments: Any, **more: Any) -> Any:
        asked.append(operation)
        return await call(operation, *arguments, **more)

    warm._service.call = counted  # type: ignore[method-assign]
    costs = []
    for _ in range(ENOUGH):
        asked.clear()
        runner.run(warm.note("a#0", "a", "task", 100.0, 300.0))
        costs.append(len(asked))
    assert costs == [2, 1, 3]


def test_of_two_that_move_at_once_one_does(warm: DynamoDbWarm, runner: asyncio.Runner) -> None:
    wanted(warm, runner, "a#0", 100.25)
    [row] = runner.run(warm.due(500.0, 10))
    assert runner.run(warm.move(row, 700.0))
    assert not runner.run(warm.move(row, 701.0))
    [moved] = runner.run(warm.due(700.0, 10))
    assert runner.run(warm.move(moved, None))
    assert not runner.run(warm.move(moved, None))
    assert runner.run(warm.due(9_999.0, 10)) == []
    wanted(warm, runner, "a#0", 800.0)  # as if for the first time
    assert [row.due for row in runner.run(warm.due(9_999.0, 10))] == [1100.0]
