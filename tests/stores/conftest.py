"""A table in somebody else's DynamoDB, in this process, and what stands between it and us."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from fanin.aws.client import Aws
from fanin.aws.client_blocking import BlockingAws
from fanin.sources.tls import tls_context
from tests.aws.conftest import environment, moto  # noqa: F401 - fixtures

TABLE = "answers"


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as running:
        yield running


def make_table(own: Mapping[str, str], name: str) -> None:
    """Make an empty table as template.yaml has it."""
    made: dict[str, Any] = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    }
    client = BlockingAws(own, tls_context())
    client.call("dynamodb", "CreateTable", made, timeout=10)
    client.close()


@pytest.fixture
def aws(runner: asyncio.Runner, environment: dict[str, str]) -> Iterator[Aws]:  # noqa: F811 - a fixture
    """Give a client of an AWS in which there is an empty table."""
    make_table(environment, TABLE)
    client = Aws(environment, tls_context())
    yield client
    runner.run(client.call("dynamodb", "DeleteTable", {"TableName": TABLE}, timeout=10))
    runner.run(client.aclose())
