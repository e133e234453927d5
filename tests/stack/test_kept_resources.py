"""What keeps rows, messages or an address has the logical id, type, name and keys that it always had.

CloudFormation replaces a resource whose name or key changes, and deletes one whose logical id changes: its rows stay
behind in a table that nothing reads. So a line of this table changes only with a plan to move the rows. New resources
get new lines.
"""

from typing import Any, Final

import pytest

from tests.stack.expanded import Expanded, expanded

TABLE: Final = "AWS::DynamoDB::Table"
QUEUE: Final = "AWS::SQS::Queue"

RECORDED: Final[dict[str, tuple[str, str, str]]] = {
    "Api": ("AWS::ApiGatewayV2::Api", "${AWS::StackName}", "HTTP"),
    "LiveApi": ("AWS::ApiGatewayV2::Api", "${AWS::StackName}-live", "WEBSOCKET"),
    "CacheTable": (TABLE, "", "pk:S; due = warm:S due:N ALL"),
    "KeysTable": (TABLE, "", "pk:S; by-made = kind:S made:N ALL"),
    "ConnectionsTable": (TABLE, "", "connection:S item:S"),
    "JobsTable": (TABLE, "", "pk:S; by-owner = owner:S made:S ALL; overdue = open:S due:N KEYS_ONLY"),
    "JobsBucket": ("AWS::S3::Bucket", "", ""),
    "TasksQueue": (QUEUE, "", "to TasksDeadLetterQueue"),
    "TasksDeadLetterQueue": (QUEUE, "", ""),
    "TurnsQueue": (QUEUE, "", "to TurnsDeadLetters"),
    "TurnsDeadLetters": (QUEUE, "", ""),
    "JobsQueue": (QUEUE, "", "to JobsDeadLetterQueue"),
    "JobsDeadLetterQueue": (QUEUE, "", ""),
    "ApiLogs": ("AWS::Logs::LogGroup", "/fanin/${AWS::StackName}/api", ""),
    "GatewayLogs": ("AWS::Logs::LogGroup", "/fanin/${AWS::StackName}/gateway", ""),
    "SyncLogs": ("AWS::Logs::LogGroup", "/fanin/${AWS::StackName}/sync", ""),
    "DjangoLogs": ("AWS::Logs::LogGroup", "/fanin/${AWS::StackName}/django", ""),
    "WorkerLogs": ("AWS::Logs::LogGroup", "/fanin/${AWS::StackName}/worker", ""),
    "LiveLogs": ("AWS::Logs::LogGroup", "/fanin/${AWS::StackName}/live", ""),
    "JobsLogs": ("AWS::Logs::LogGroup", "/fanin/${AWS::StackName}/jobs", ""),
}
"""By logical id: type, name (empty where CloudFormation gives one), and keys."""


@pytest.fixture(scope="module")
def template() -> Expanded:
    return expanded()


def test_what_keeps_something_is_what_was_recorded(template: Expanded) -> None:
    there = {name: template.resources[name] for name in RECORDED.keys() & template.resources.keys()}
    assert {name: _line(template, resource) for name, resource in there.items()} == RECORDED


def test_everything_that_keeps_something_is_recorded(template: Expanded) -> None:
    """A new table, bucket or queue needs a line too."""
    kinds = {TABLE, QUEUE, "AWS::S3::Bucket"}
    assert {name for name, resource in template.resources.items() if resource["Type"] in kinds} <= RECORDED.keys()


def _line(template: Expanded, resource: Any) -> tuple[str, str, str]:
    kind, properties = resource["Type"], resource.get("Properties", {})
    name = next((properties[key] for key in properties if key in _NAMES), "")
    return kind, template.text(name), _keys(properties)


_NAMES = ("Name", "TableName", "BucketName", "QueueName", "LogGroupName")


def _keys(properties: Any) -> str:
    if "KeySchema" in properties:
        types = {each["AttributeName"]: each["AttributeType"] for each in properties["AttributeDefinitions"]}
        indexes = [
            f"{index['IndexName']} = {_key(index, types)} {index['Projection']['ProjectionType']}"
            for index in properties.get("GlobalSecondaryIndexes", ())
        ]
        return "; ".join([_key(properties, types), *indexes])
    if "RedrivePolicy" in properties:
        return f"to {properties['RedrivePolicy']['deadLetterTargetArn']['Fn::GetAtt'][0]}"
    assert "FifoQueue" not in properties
    return str(properties.get("ProtocolType", ""))


def _key(of: Any, types: dict[str, str]) -> str:
    schema = sorted(of["KeySchema"], key=lambda part: str(part["KeyType"]))  # HASH before RANGE
    return " ".join(f"{part['AttributeName']}:{types[part['AttributeName']]}" for part in schema)
