"""The calls of all environments, counted in a table of the embedded AWS."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

from fanin.aws.client import Aws
from fanin.config.values import Json
from fanin.stores.aws.calls import Calls
from fanin.stores.aws.table import AwsTable
from fanin.stores.bounds import Patience
from fanin.stores.table_limit import TableLimit
from tests.roots import tls_context

TABLE: dict[str, Json] = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}

type Body = Callable[[list[TableLimit]], Awaitable[None]]


def in_environments(environment: dict[str, str], body: Body) -> None:
    """Count in one table from eight environments."""

    async def main() -> None:
        table = f"fanin-{uuid4()}"
        clients = [Aws(environment, tls_context()) for _ in range(8)]
        try:
            await clients[0].call("dynamodb", "CreateTable", {"TableName": table, **TABLE}, timeout=10)
            await body([TableLimit(AwsTable(Calls(aws, "dynamodb", Patience(10)), table)) for aws in clients])
        finally:
            await asyncio.gather(*[aws.aclose() for aws in clients])

    asyncio.run(main())


def test_no_more_are_counted_than_may_start(environment: dict[str, str]) -> None:
    async def body(limits: list[TableLimit]) -> None:
        for period in range(3):
            now = 1000.0 + period * 10
            given = await asyncio.gather(*[limit.take("a", 12, 10.0, now + 1) for limit in limits for _ in range(3)])
            assert sorted(given) == [now + 1] * 12 + [now + 10] * 12

    in_environments(environment, body)


def test_all_are_held_back_until_the_latest_moment_that_was_said(environment: dict[str, str]) -> None:
    async def body(limits: list[TableLimit]) -> None:
        assert await limits[0].take("a", 5, 10.0, 1001.0) == 1001.0
        await limits[1].hold("a", 1042.0)
        await limits[2].hold("a", 1035.0)
        assert [await limit.take("a", 5, 10.0, 1003.0) for limit in limits] == [1042.0] * 8
        assert await limits[3].take("a", 5, 10.0, 1041.0) == 1042.0
        assert await limits[3].take("b", 5, 10.0, 1003.0) == 1003.0
        assert await limits[4].take("a", 5, 10.0, 1042.0) == 1042.0

    in_environments(environment, body)


def test_a_clock_that_is_behind_counts_in_no_period_that_is_over(environment: dict[str, str]) -> None:
    async def body(limits: list[TableLimit]) -> None:
        assert await limits[0].take("a", 5, 10.0, 1011.0) == 1011.0
        assert await limits[1].take("a", 5, 10.0, 1009.0) == 1010.0

    in_environments(environment, body)
