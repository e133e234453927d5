"""What a deployed stack keeps: a row in each table, an object, a message in each queue, a line of each log."""

import json
import time
from dataclasses import dataclass
from typing import Any, Final

from fanin.local.stack.deployment import Deployment

TABLES: Final = ("CacheTable", "ConnectionsTable", "JobsTable", "KeysTable")
QUEUES: Final = (
    "JobsQueue",
    "JobsDeadLetterQueue",
    "TasksQueue",
    "TasksDeadLetterQueue",
    "TurnsQueue",
    "TurnsDeadLetters",
)
BUCKET: Final = "JobsBucket"
NAMES: Final = frozenset((*TABLES, *QUEUES, BUCKET, "Api"))
"""The logical ids of what keeps something whatever is switched off, the address that clients know among it."""
HIDDEN: Final = 900
"""Seconds for which a message is hidden from the functions that take it: as long as SQS allows."""
_OBJECT: Final = {"Key": "answers/one", "Body": b"an answer"}
_INDEXED: Final = {"S": "kept", "N": "7"}


@dataclass(frozen=True)
class Kept:
    """What was put into a stack.

    Args:
        ids: the physical id of each thing that keeps something.
        logs: the names of log groups, each with a line.
    """

    ids: dict[str, str]
    logs: frozenset[str]

    @classmethod
    def put_into(cls, stack: Deployment) -> "Kept":
        """Put something into each thing that keeps something."""
        for name in TABLES:
            row = {attribute: {kind: _INDEXED[kind]} for attribute, kind in _attributes(stack, name).items()}
            row["value"] = {"S": f"of {name}"}
            stack.client("dynamodb").put_item(TableName=stack.ids[name], Item=row)
        for name in QUEUES:
            stack.client("sqs").send_message(
                QueueUrl=stack.ids[name], MessageBody=json.dumps({"of": name}), DelaySeconds=HIDDEN
            )
        stack.client("s3").put_object(Bucket=stack.ids[BUCKET], **_OBJECT)
        groups = frozenset(stack.ids[name] for name in stack.ids if name.endswith("Logs"))
        for group in groups:
            stack.logs.create_log_stream(logGroupName=group, logStreamName="kept")
            stack.logs.put_log_events(
                logGroupName=group,
                logStreamName="kept",
                logEvents=[{"timestamp": int(time.time() * 1000), "message": "a line"}],
            )
        return cls({name: stack.ids[name] for name in NAMES}, groups)

    def missing_from(self, stack: Deployment, *, logs: bool = True) -> list[str]:
        """Name what is not there any more, or not where it was.

        Args:
            stack: as it was deployed again.
            logs: whether lines are looked for, too.
        """
        moved = [name for name in sorted(NAMES) if stack.ids.get(name) != self.ids[name]]
        found = {name: _rows(stack, self.ids[name], name) for name in TABLES}
        found |= {name: _hidden(stack, self.ids[name]) for name in QUEUES}
        answer = stack.client("s3").get_object(Bucket=self.ids[BUCKET], Key=_OBJECT["Key"])["Body"].read()
        found[BUCKET] = int(answer == _OBJECT["Body"])
        for group in self.logs if logs else ():
            lines = stack.logs.get_log_events(logGroupName=group, logStreamName="kept")["events"]
            found[group] = [line["message"] for line in lines].count("a line")
        return moved + [name for name, number in found.items() if number != 1]


def _attributes(stack: Deployment, name: str) -> dict[str, str]:
    """Give the types of the attributes that the keys of a table and of its indexes have."""
    table = stack.client("dynamodb").describe_table(TableName=stack.ids[name])["Table"]
    return {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}


def _rows(stack: Deployment, table: str, name: str) -> int:
    """Count the rows that were put into a table and are as they were, by its key and by each of its indexes."""
    described = stack.client("dynamodb").describe_table(TableName=table)["Table"]
    attributes: dict[str, str] = _attributes(stack, name)
    counted: list[int] = []
    for keys in (described, *described.get("GlobalSecondaryIndexes", ())):
        conditions = {
            key["AttributeName"]: {
                "AttributeValueList": [{(kind := attributes[key["AttributeName"]]): _INDEXED[kind]}],
                "ComparisonOperator": "EQ",
            }
            for key in keys["KeySchema"]
        }
        index = {"IndexName": keys["IndexName"]} if keys is not described else {}
        items: list[dict[str, Any]] = stack.client("dynamodb").query(
            TableName=table, KeyConditions=conditions, **index
        )["Items"]
        counted.append(sum(item.get("value", {"S": f"of {name}"}) == {"S": f"of {name}"} for item in items))
    return min(counted)


def _hidden(stack: Deployment, queue: str) -> int:
    wanted = "ApproximateNumberOfMessagesDelayed"
    found: Any = stack.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=[wanted])
    return int(found["Attributes"][wanted])
