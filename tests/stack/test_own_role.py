"""In the embedded AWS each function has the rights of its own role and no others, as in the cloud."""

import json
from collections.abc import Callable

import pytest

from fanin.local.stack.stack import Stack
from tests.contract.ask import Ask, Question
from tests.stack.probe import Call, Ids, Request, item, parameters, query, queue, refusals

EVERYONE = {"Gateway", "Sync", "Django", "Worker", "Live", "Jobs"}
POSTED = "/@connections/none"

ASKED: dict[str, tuple[Callable[[Ids], Call | Request], set[str]]] = {
    "ssm:GetParameters, of its own": (lambda _: parameters("/fanin/local/one", "/fanin/local/other"), EVERYONE),
    "ssm:GetParameters, of another's": (lambda _: parameters("/fanin/prod/one"), set()),
    "ssm:GetParameters, of both": (lambda _: parameters("/fanin/local/one", "/fanin/prod/one"), set()),
    "ssm:GetParameter": (lambda _: Call("ssm", "GetParameter", {"Name": "/fanin/local/one"}), set()),
    "dynamodb:GetItem, of answers": (lambda ids: item(ids["CacheTable"]), EVERYONE),
    "dynamodb:Query, of answers that are due": (lambda ids: query(ids["CacheTable"], "due", "warm"), {"Worker"}),
    "dynamodb:Scan, of answers": (lambda ids: Call("dynamodb", "Scan", {"TableName": ids["CacheTable"]}), set()),
    "dynamodb:GetItem, of API keys": (lambda ids: item(ids["KeysTable"]), {"Gateway", "Sync", "Django", "Live"}),
    "dynamodb:Query, of API keys": (lambda ids: query(ids["KeysTable"], "by-made", "kind"), set()),
    "dynamodb:GetItem, of jobs": (lambda ids: item(ids["JobsTable"]), {"Gateway", "Live", "Jobs"}),
    "dynamodb:Query, of a client's jobs": (lambda ids: query(ids["JobsTable"], "by-owner", "owner"), {"Gateway"}),
    "dynamodb:Query, of jobs that are late": (lambda ids: query(ids["JobsTable"], "overdue", "open"), {"Jobs"}),
    "dynamodb:GetItem, of connections": (lambda ids: item(ids["ConnectionsTable"], "connection", "item"), {"Live"}),
    "sqs:GetQueueAttributes, of tasks": (lambda ids: queue(ids["TasksQueue"]), {"Worker"}),
    "sqs:GetQueueAttributes, of turns": (lambda ids: queue(ids["TurnsQueue"]), {"Live"}),
    "sqs:GetQueueAttributes, of jobs": (lambda ids: queue(ids["JobsQueue"]), {"Jobs"}),
    "s3:GetObject, of an answer": (lambda ids: Request("s3", "GET", f"/{ids['JobsBucket']}/answers/none"), {"Gateway"}),
    "s3:PutObject, of an answer": (lambda ids: Request("s3", "PUT", f"/{ids['JobsBucket']}/answers/none"), {"Jobs"}),
    "s3:PutObject, of another": (lambda ids: Request("s3", "PUT", f"/{ids['JobsBucket']}/none"), set()),
    "execute-api:ManageConnections, to send": (
        lambda ids: Request("execute-api", "POST", POSTED, ids["Post"]),
        {"Live"},
    ),
    "execute-api:ManageConnections, to end": (
        lambda ids: Request("execute-api", "DELETE", POSTED, ids["Post"]),
        {"Live"},
    ),
    "execute-api:ManageConnections, to look": (
        lambda ids: Request("execute-api", "GET", POSTED, ids["Post"]),
        set(),
    ),
}


@pytest.mark.parametrize("function", sorted(EVERYONE))
def test_a_function_may_what_its_role_may(deployed: Stack, function: str) -> None:
    ids = {**deployed.deployment.ids, "Post": deployed.deployment.variables("LiveFunction")["FANIN_POST"]}
    refused = refusals(deployed.deployment, function, {asked: call(ids) for asked, (call, _) in ASKED.items()})
    assert {asked for asked, said in refused.items() if not said} == {
        asked for asked, (_, allowed) in ASKED.items() if function in allowed
    }
    for asked, said in refused.items():
        assert not said or asked.partition(",")[0] in said


def test_a_right_that_a_role_loses_is_missed_and_served_again_once_it_is_back(
    deployed: Stack, functions: dict[str, Ask]
) -> None:
    """Without it a job cannot be handed in, which is a problem; all else is served."""
    order = {"endpoint": "trip", "parameters": {"city": "Lisbon"}}
    hand_in = Question("/jobs", "", "POST", {"Content-Type": "application/json"}, json.dumps(order).encode())
    policy = {"RoleName": deployed.deployment.ids["GatewayRole"], "PolicyName": "hand-in-jobs"}
    iam = deployed.deployment.client("iam")
    document = iam.get_role_policy(**policy)["PolicyDocument"]
    iam.delete_role_policy(**policy)
    try:
        refused, answered = functions["gateway"](hand_in), functions["gateway"](Question("/trip/Lisbon"))
    finally:
        iam.put_role_policy(**policy, PolicyDocument=json.dumps(document))
    assert (refused.status, refused.body["type"].rpartition("/")[2]) == (503, "jobs-unavailable")
    assert (answered.status, answered.headers["fanin-complete"]) == (200, "?1")
    assert functions["gateway"](hand_in).status == 202
