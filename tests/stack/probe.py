"""Asking AWS for things as a function of the stack: by another function, which has the role of that one."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any, NamedTuple

from fanin.local.stack.deployment import Deployment

type Ids = Mapping[str, str]
"""The id in AWS of each resource, by its name in the template."""

_SOURCE = """
import os
from contextlib import closing

from fanin.aws.client_blocking import BlockingAws
from fanin.aws.errors import AwsError
from fanin.sources.tls import tls_context


def handler(event, context):
    with closing(BlockingAws(os.environ, tls_context())) as aws:
        return [refusal(aws, call) for call in event]


def refusal(aws, call):
    try:
        if "operation" in call:
            aws.call(call["service"], call["operation"], call["payload"], timeout=10)
        else:
            aws.request(call["service"], call["method"], call["path"], endpoint=call["endpoint"], timeout=10)
    except AwsError as error:
        if "not authorized" in error.message:
            return error.message
    return ""
"""


class Call(NamedTuple):
    """A call of an operation."""

    service: str
    operation: str
    payload: Mapping[str, Any]

    @property
    def event(self) -> dict[str, Any]:
        """What the function is sent."""
        return {"service": self.service, "operation": self.operation, "payload": self.payload}


class Request(NamedTuple):
    """A request of a service of methods and paths."""

    service: str
    method: str
    path: str
    endpoint: str = ""

    @property
    def event(self) -> dict[str, Any]:
        """What the function is sent."""
        return self._asdict()


def refusals(deployment: Deployment, name: str, calls: Mapping[str, Call | Request]) -> dict[str, str]:
    """Make calls with the role of a function, and tell how each was refused; empty where the role may make it.

    Args:
        deployment: the stack.
        name: the function's in the template, less `Function`.
        calls: under any names.
    """
    functions, ids = deployment.client("lambda"), deployment.ids
    role = functions.get_function_configuration(FunctionName=ids[f"{name}Function"])["Role"]
    layers = functions.get_function_configuration(FunctionName=ids["SyncFunction"])["Layers"]
    probe = f"probe-{name.lower()}"
    functions.create_function(
        FunctionName=probe,
        Runtime="python3.13",
        Role=role,
        Handler="probe.handler",
        Code={"ZipFile": _zipped()},
        Layers=[layer["Arn"] for layer in layers],
        Timeout=30,
    )
    try:
        answer = functions.invoke(FunctionName=probe, Payload=json.dumps([call.event for call in calls.values()]))
        said = json.load(answer["Payload"])
    finally:
        functions.delete_function(FunctionName=probe)
    assert "FunctionError" not in answer, said
    return dict(zip(calls, said, strict=True))


def item(table: str, *keys: str) -> Call:
    """Read an item that is not there."""
    return Call("dynamodb", "GetItem", {"TableName": table, "Key": {key: {"S": "none"} for key in keys or ["pk"]}})


def query(table: str, index: str, key: str) -> Call:
    """Ask an index for what is not there."""
    names, values = {"#k": key}, {":k": {"S": "none"}}
    asked = {"TableName": table, "IndexName": index, "KeyConditionExpression": "#k = :k"}
    return Call("dynamodb", "Query", {**asked, "ExpressionAttributeNames": names, "ExpressionAttributeValues": values})


def queue(url: str) -> Call:
    """Ask how many messages a queue has."""
    return Call("sqs", "GetQueueAttributes", {"QueueUrl": url, "AttributeNames": ["ApproximateNumberOfMessages"]})


def parameters(*names: str) -> Call:
    """Read several parameters."""
    return Call("ssm", "GetParameters", {"Names": list(names), "WithDecryption": True})


def _zipped() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("probe.py", _SOURCE)
    return content.getvalue()
