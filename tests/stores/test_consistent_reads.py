"""What has to be seen as it was written last is read consistently: unlike its doubles, DynamoDB may lag behind."""

import asyncio
from collections.abc import Mapping
from typing import Any

from fanin.config.values import Json
from fanin.jobs.table import TableJobs
from fanin.stores.aws.calls import Calls
from fanin.stores.aws.table import AwsTable
from fanin.stores.bounds import SPARED
from fanin.stores.table_answers import TableAnswers


class Empty:
    """A DynamoDB in which there is nothing."""

    def __init__(self) -> None:
        self.asked: list[Mapping[str, Json]] = []

    async def call(self, service: str, operation: str, payload: Mapping[str, Json], **_: Any) -> Any:
        assert (service, operation) == ("dynamodb", "GetItem")
        self.asked.append(payload)
        return {}


def test_jobs_are_read_consistently_and_answers_as_it_is_wanted() -> None:
    dynamodb = Empty()
    table = AwsTable(Calls(dynamodb, "dynamodb", SPARED), "t")  # type: ignore[arg-type]

    async def scene() -> None:
        await TableJobs(table).get("id")
        await TableAnswers(table, lambda: 0.0).get("key")
        await TableAnswers(table, lambda: 0.0).get("key", consistent=True)

    asyncio.run(scene())
    assert [payload["ConsistentRead"] for payload in dynamodb.asked] == [True, False, True]
