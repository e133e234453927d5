"""Tables, queues and buckets of the embedded AWS keep the rules that those in memory keep."""

import asyncio
from collections.abc import Iterator

import pytest

from fanin.aws.client import Aws
from tests.roots import tls_context
from tests.stores.conformance import BucketRules, InAws, Keepers, QueueRules, TableRules


@pytest.fixture(scope="module")
def keepers(environment: dict[str, str]) -> Iterator[Keepers]:
    with asyncio.Runner() as runner:
        aws = Aws(environment, tls_context())
        yield InAws(aws, runner)
        runner.run(aws.aclose())


class TestTable(TableRules): ...


class TestQueue(QueueRules): ...


class TestBucket(BucketRules): ...
