"""What stays when a stack is deleted: its tables and buckets, with all that is in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.exceptions import ClientError

from fanin.local.aws.identity import QUICK
from fanin.local.sam.environments import Environment

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

_KINDS: Final[Mapping[str, str]] = {"AWS::DynamoDB::Table": "table", "AWS::S3::Bucket": "bucket"}


@dataclass(frozen=True)
class Kept:
    """A table or a bucket.

    Args:
        kind: `table` or `bucket`.
        logical: its name in the template.
        name: its name in AWS.
    """

    kind: str
    logical: str
    name: str


def stack_exists(environment: Environment) -> bool:
    """Say whether AWS has an environment's stack.

    Raises:
        ClientError: AWS refuses.
    """
    try:
        stacks = _stacks(environment).describe_stacks(StackName=environment.stack_name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return False
        raise
    return any(stack["StackStatus"] != "DELETE_COMPLETE" for stack in stacks)


def of_stack(environment: Environment) -> list[Kept]:
    """Give the tables and buckets of an environment's stack.

    Raises:
        ClientError: AWS refuses, or there is no such stack.
    """
    pages = _stacks(environment).get_paginator("list_stack_resources").paginate(StackName=environment.stack_name)
    resources = [each for page in pages for each in page["StackResourceSummaries"]]
    return [
        Kept(_KINDS[each["ResourceType"]], each["LogicalResourceId"], each["PhysicalResourceId"])
        for each in resources
        if each["ResourceType"] in _KINDS and each.get("PhysicalResourceId") and not _is_gone(each["ResourceStatus"])
    ]


def remove(environment: Environment, kept: Kept) -> None:
    """Delete a table, or empty a bucket and delete it; nothing if it is gone.

    Raises:
        ClientError: AWS refuses.
    """
    try:
        if kept.kind == "table":
            tables = boto3.client("dynamodb", region_name=environment.region, config=QUICK)
            tables.delete_table(TableName=kept.name)
        else:
            _remove_bucket(boto3.client("s3", region_name=environment.region, config=QUICK), kept.name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"ResourceNotFoundException", "NoSuchBucket"}:
            raise


def _remove_bucket(buckets: Any, name: str) -> None:
    for page in buckets.get_paginator("list_object_versions").paginate(Bucket=name):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if found:
            objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
            buckets.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True})
    buckets.delete_bucket(Bucket=name)


def _stacks(environment: Environment) -> "CloudFormationClient":
    return boto3.client("cloudformation", region_name=environment.region, config=QUICK)


def _is_gone(status: str) -> bool:
    return status in {"DELETE_COMPLETE", "DELETE_SKIPPED"}
