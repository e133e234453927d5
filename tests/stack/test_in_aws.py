"""`make deploy` and `make logs` without credentials, and `make delete` of a stack that leaves data behind."""

import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from fanin.local.layout import ROOT
from fanin.local.sam import environments
from fanin.local.stack import servers
from fanin.local.stack.servers import REGION, Server

WITHIN = 120.0
"""Seconds that a command may take."""
_KEPT = {"DeletionPolicy": "RetainExceptOnCreate", "UpdateReplacePolicy": "Retain"}
TEMPLATE = {
    "Resources": {
        "Rows": {
            "Type": "AWS::DynamoDB::Table",
            **_KEPT,
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            },
        },
        "Answers": {"Type": "AWS::S3::Bucket", **_KEPT, "Properties": {}},
        "Queue": {"Type": "AWS::SQS::Queue"},
    }
}


@pytest.mark.parametrize("command", ["deploy", "logs"])
def test_without_credentials_nothing_is_built_and_help_is_given(command: str, tmp_path: Path) -> None:
    nobody = servers.without_aws() | {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)}
    built = ROOT / "build/dev.built"
    before = built.stat().st_mtime_ns if built.exists() else 0
    done = subprocess.run(
        [sys.executable, "-m", f"fanin.local.aws.{command}", "dev"],
        cwd=ROOT,
        env=nobody,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )
    assert done.returncode == 1
    assert "Unable to locate credentials" in done.stderr
    assert "aws sso login" in done.stderr
    assert "building" not in done.stdout
    assert (built.stat().st_mtime_ns if built.exists() else 0) == before


@pytest.mark.parametrize("agreed", [True, False])
def test_delete_asks_about_what_is_kept_and_empties_it_after_a_yes(embedded: Server, *, agreed: bool) -> None:
    """A bucket that holds an answer is no hindrance, and without a yes nothing in it is touched."""
    variables = servers.environment_of(embedded)
    session: Any = boto3.Session("embedded", "embedded", region_name=REGION)
    stacks, buckets, tables = (
        session.client(service, endpoint_url=embedded.url) for service in ("cloudformation", "s3", "dynamodb")
    )
    name = environments.read("dev").stack_name
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(TEMPLATE))
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    ids = {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in stacks.describe_stack_resources(StackName=name)["StackResources"]
    }
    buckets.put_object(Bucket=ids["Answers"], Key="answers/one", Body=b"an answer")

    status, said = _in_a_terminal("delete", variables, ["y", "y" if agreed else "n"])

    assert status == 0, said
    assert ids["Rows"] in said
    assert ids["Answers"] in said
    assert ids["Queue"] not in said.partition("Its data is still there")[2]
    left = {each["Name"] for each in buckets.list_buckets()["Buckets"]}, set(tables.list_tables()["TableNames"])
    assert (ids["Answers"] in left[0], ids["Rows"] in left[1]) == (not agreed, not agreed)
    if not agreed:
        assert buckets.get_object(Bucket=ids["Answers"], Key="answers/one")["Body"].read() == b"an answer"


def _in_a_terminal(command: str, variables: Mapping[str, str], answers: list[str]) -> tuple[int, str]:
    """Run a command in a terminal of its own, and answer each of its questions in turn.

    Returns:
        Its exit status, and all that it wrote.
    """
    ours, theirs = pty.openpty()
    started = [sys.executable, "-m", f"fanin.local.aws.{command}", "dev"]
    process = subprocess.Popen(started, cwd=ROOT, env=dict(variables), stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said, waiting, until = "", [*answers], time.monotonic() + WITHIN
    asked = 0
    try:
        while time.monotonic() < until:
            try:
                read = os.read(ours, 4096)
            except OSError:  # the terminal is closed with the last that writes to it
                break
            said += read.decode(errors="replace")
            if waiting and said.count("[y/N]") > asked and said.rstrip().endswith(("[y/N]", "[y/N]:")):
                asked = said.count("[y/N]")
                os.write(ours, f"{waiting.pop(0)}\n".encode())
        return process.wait(WITHIN), said
    finally:
        process.kill()
        process.wait()
        os.close(ours)
