"""Tables, queues and buckets made in somebody else's AWS, and what is in them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import uuid4

from fanin.aws.client import Aws
from tests.aws.conftest import LOCATED

_TIMEOUT = 30


async def create_table(
    aws: Aws, key: Sequence[str], indexes: Mapping[str, Sequence[str]] | None = None, *, numbers: Collection[str] = ()
) -> str:
    """Make an empty table, as template.yaml makes them; give its name.

    Args:
        aws: the client.
        key: the attributes of its key.
        indexes: the two attributes of each index, by its name.
        numbers: which of these are numbers.
    """
    named = [*dict.fromkeys([*key, *(name for pair in (indexes or {}).values() for name in pair)])]
    request: dict[str, Any] = {
        "TableName": f"t-{uuid4()}",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "N" if name in numbers else "S"} for name in named
        ],
        "KeySchema": _schema(key),
    }
    if indexes:
        request["GlobalSecondaryIndexes"] = [
            {"IndexName": name, "KeySchema": _schema(pair), "Projection": {"ProjectionType": "ALL"}}
            for name, pair in indexes.items()
        ]
    await aws.call("dynamodb", "CreateTable", request, timeout=_TIMEOUT)
    return str(request["TableName"])


async def create_queue(aws: Aws) -> str:
    """Make an empty queue; give its URL."""
    made = await aws.call("sqs", "CreateQueue", {"QueueName": f"q-{uuid4()}"}, timeout=_TIMEOUT)
    return str(made["QueueUrl"])


async def create_bucket(aws: Aws) -> str:
    """Make an empty bucket; give its name."""
    name = f"b-{uuid4()}"
    await aws.request("s3", "PUT", f"/{name}", body=LOCATED, timeout=_TIMEOUT)
    return name


async def received(aws: Aws, queue: str) -> list[tuple[str, dict[str, str]]]:
    """Receive what is in a queue: each message's body and attributes."""
    wanted: dict[str, Any] = {"QueueUrl": queue, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
    answer = await aws.call("sqs", "ReceiveMessage", wanted, timeout=_TIMEOUT)
    return [
        (message["Body"], {name: said["StringValue"] for name, said in message.get("MessageAttributes", {}).items()})
        for message in answer.get("Messages", [])
    ]


def _schema(names: Sequence[str]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)]
