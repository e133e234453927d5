"""The functions used all their rights while the other tests of the stack ran, and were refused nothing.

What stands in the table of test_rights.py and nothing uses is a right too many.
"""

from fnmatch import fnmatchcase
from typing import NamedTuple

import pytest

from fanin.local.stack.rights import Decision, decisions
from fanin.local.stack.stack import Stack

USERS = {f"test_{name}.py" for name in ("cache", "jobs", "live", "own_role", "refresh")}
"""The tests in which functions use their rights; without all of them there is nothing to tell."""

UNUSED = {
    **dict.fromkeys(["logs:CreateLogStream", "logs:PutLogEvents"], "Lambda writes what functions log"),
    **dict.fromkeys(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "Lambda traces"),
    **dict.fromkeys(
        ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], "event source mappings take messages"
    ),
    "ssm:GetParameters": "no source of fanin.toml has a secret; test_own_role.py and test_make_run.py read some",
    "secretsmanager:GetSecretValue": "the local environment has its secrets in SSM",
    "secretsmanager:BatchGetSecretValue": "the same",
    "kms:Decrypt": "SSM decrypts",
    "dynamodb:Query on by-owner": "only clients with an identity have a list of jobs, which takes an authorizer",
    "dynamodb:UpdateItem": "no endpoint of fanin.toml has a client_limit, for which the sync function counts",
    "dynamodb:GetItem": "fanin.toml has no callers, whose keys the functions look up",
    "dynamodb:DeleteItem": "fanin.toml has no callers, whose tickets the functions take",
    **dict.fromkeys(
        [
            "ec2:CreateNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
        ],
        "no function is in a VPC",
    ),
    "s3:PutObject": "no answer of the demo is large; test_own_role.py puts one",
}
"""The rights that no function uses here, and why they are there."""


class Right(NamedTuple):
    """A right of deployed roles, in a policy that several of them may have."""

    policy: str
    action: str
    resource: str

    def covers(self, decision: Decision) -> bool:
        """Tell whether it allows what was decided about."""
        return decision.action == self.action and fnmatchcase(decision.resource, self.resource)

    @property
    def name(self) -> str:
        """The action, and of a table's index the index."""
        index = self.resource.partition("/index/")[2]
        return f"{self.action} on {index}" if index else self.action


@pytest.fixture
def decided(request: pytest.FixtureRequest, deployed: Stack) -> list[Decision]:
    """Give the decisions about the stack's own functions."""
    if not {item.path.name for item in request.session.items} >= USERS:
        pytest.skip("takes the other tests of the stack")
    ours = {id_ for name, id_ in deployed.deployment.ids.items() if name.endswith("Function")}
    return [decision for decision in decisions(deployed.decisions) if decision.function in ours]


def test_every_right_is_used_by_a_function(deployed: Stack, decided: list[Decision]) -> None:
    """By one of those that have it in a policy of the same name."""
    rights = rights_of(deployed)
    used = {
        right
        for right, functions in rights.items()
        if any(right.covers(d) for d in decided if d.allowed and d.function in functions)
    }
    assert {right.name for right in rights.keys() - used} == UNUSED.keys()


def test_no_function_was_refused_anything(deployed: Stack, decided: list[Decision]) -> None:
    """But for the job of test_own_role.py, whose right was taken away."""
    refused = {(decision.action, decision.resource.rpartition("/")[2]) for decision in decided if not decision.allowed}
    assert refused == {("dynamodb:UpdateItem", deployed.deployment.ids["JobsTable"])}


def rights_of(deployed: Stack) -> dict[Right, set[str]]:
    """Give the rights of all roles as they are in AWS, each with the functions that have it."""
    iam, ids = deployed.deployment.client("iam"), deployed.deployment.ids
    rights: dict[Right, set[str]] = {}
    for name in (name.removesuffix("Role") for name in ids if name.endswith("Role")):
        role = {"RoleName": ids[f"{name}Role"]}
        for policy in iam.list_role_policies(**role)["PolicyNames"]:
            for statement in iam.get_role_policy(**role, PolicyName=policy)["PolicyDocument"]["Statement"]:
                actions = statement["Action"]
                for action in actions if isinstance(actions, list) else [actions]:
                    rights.setdefault(Right(policy, action, statement["Resource"]), set()).add(ids[f"{name}Function"])
    return rights
