"""A table in somebody else's DynamoDB, in this process, and what stands between it and us."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from fanin.aws.client import Aws
from fanin.sources.tls import tls_context
from tests.aws.conftest import environment, moto  # noqa: F401 - fixtures

TABLE = "answers"


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as running:
        yield running


@pytest.fixture
def aws(runner: asyncio.Runner, environment: dict[str, str]) -> Iterator[Aws]:  # noqa: F811 - a fixture
    """Give a client of an AWS in which there is an empty table."""
    client = Aws(environment, tls_context())
    made: dict[str, Any] = {
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    }
    runner.run(client.call("dynamodb", "CreateTable", made, timeout=10))
    yield client
    runner.run(client.call("dynamodb", "DeleteTable", {"TableName": TABLE}, timeout=10))
    runner.run(client.aclose())
