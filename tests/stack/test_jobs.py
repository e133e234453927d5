"""The deployed jobs: handed in over HTTP, run by their function, and what it cannot do among the dead letters."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.request import urlopen
from uuid import uuid4

import pytest

from dev.stack import Stack
from dev.upstream.client import UpstreamClient
from tests.contract.ask import Ask, Question, Reply

_WITHIN = 60.0


@pytest.fixture
def ask(functions: dict[str, Ask], upstream: UpstreamClient) -> Ask:
    upstream.reset()
    return functions["gateway"]


@pytest.fixture(scope="module")
def clients(deployed: Stack) -> Callable[[str], Any]:
    return deployed.deployment.client


def handed_in(ask: Ask, order: Mapping[str, Any], **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()} | {"Content-Type": "application/json"}
    return ask(Question("/jobs", method="POST", headers=named, body=json.dumps(order).encode()))


def waited_for[Found](look: Callable[[], Found]) -> Found:
    """Look until there is something."""
    began = time.monotonic()
    while not (found := look()):
        assert time.monotonic() - began < _WITHIN
        time.sleep(0.1)
    return found


def ended(ask: Ask, path: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        job: dict[str, Any] = ask(Question(path)).body
        return None if job["state"] in ("queued", "running") else job

    job = waited_for(look)
    assert job
    return job


def test_a_job_is_done_by_a_function_of_its_own(ask: Ask) -> None:
    key = f'"{uuid4()}"'
    order = {"endpoint": "trip", "parameters": {"city": "Lisbon"}}
    reply = handed_in(ask, order, Idempotency_Key=key)
    assert (reply.status, reply.body["state"]) == (202, "queued")
    job = ended(ask, reply.headers["location"])
    assert (job["state"], job["status"], job["complete"], job["runs"]) == ("succeeded", 200, True, 1)
    assert job["result"] == ask(Question("/trip/Lisbon")).body
    assert set(job["progress"].values()) == {"fresh"}
    again = handed_in(ask, order, Idempotency_Key=key)
    assert again.body["id"] == job["id"]
    assert handed_in(ask, {**order, "parameters": {"city": "Nairobi"}}, Idempotency_Key=key).status == 422


def test_an_endpoint_that_fails_is_a_job_that_fails(ask: Ask) -> None:
    reply = ask(Question("/trip/Atlantis", headers={"Prefer": "respond-async"}))
    assert (reply.status, reply.headers["preference-applied"]) == (202, "respond-async")
    job = ended(ask, reply.headers["location"])
    assert (job["state"], job["status"]) == ("failed", 404)
    assert job["problem"]["type"].endswith("/not-found")


def test_a_job_is_cancelled_while_it_runs(ask: Ask, upstream: UpstreamClient) -> None:
    upstream.rules({"open-meteo-geocoding": {"delay": 800}})
    location = handed_in(ask, {"endpoint": "trip", "parameters": {"city": "Porto"}}).headers["location"]
    assert ask(Question(location, method="DELETE")).body["state"] == "cancelled"
    assert ask(Question(location)).body["state"] == "cancelled"


def test_a_message_from_which_nothing_can_come_is_among_the_dead_letters_with_its_reason(
    deployed: Stack, clients: Callable[[str], Any]
) -> None:
    sqs, ids = clients("sqs"), deployed.deployment.ids
    sqs.set_queue_attributes(QueueUrl=ids["JobsQueue"], Attributes={"VisibilityTimeout": "0"})
    try:
        sent = ["not JSON", json.dumps({"id": "1", "kind": "of-none", "version": 1, "payload": {}})]
        for body in sent:
            sqs.send_message(QueueUrl=ids["JobsQueue"], MessageBody=body)
        wanted = {"QueueUrl": ids["JobsDeadLetterQueue"], "MessageAttributeNames": ["All"], "MaxNumberOfMessages": 10}
        reasons: dict[str, str] = {}

        def look() -> bool:
            for letter in sqs.receive_message(**wanted).get("Messages", []):
                reasons[letter["Body"]] = letter["MessageAttributes"]["reason"]["StringValue"]
            return len(reasons) == len(sent)

        assert waited_for(look)
        assert reasons[sent[0]] == "TaskRefused: the message is not JSON"
        assert "nobody does tasks of the kind 'of-none'" in reasons[sent[1]]
    finally:
        sqs.set_queue_attributes(QueueUrl=ids["JobsQueue"], Attributes={"VisibilityTimeout": "960"})


def test_the_minute_rule_sends_what_was_never_sent(ask: Ask, deployed: Stack, clients: Callable[[str], Any]) -> None:
    """A job whose message was lost is put into the table as such; the function, asked by the rule, sends it."""
    dynamodb, table = clients("dynamodb"), deployed.deployment.ids["JobsTable"]
    job_id = ended(ask, handed_in(ask, {"endpoint": "trip", "parameters": {"city": "Lisbon"}}).headers["location"])[
        "id"
    ]
    item = dynamodb.get_item(TableName=table, Key={"pk": {"S": f"job#{job_id}"}})["Item"]
    lost = json.loads(item["job"]["S"]) | {"id": "f" * 32, "state": "queued", "runs": 0, "due": 1.0, "ended": None}
    lost |= {"kept": None, "status": None, "complete": None, "revision": 1}
    dynamodb.put_item(
        TableName=table,
        Item={
            **item,
            "pk": {"S": f"job#{'f' * 32}"},
            "job": {"S": json.dumps(lost)},
            "revision": {"N": "1"},
            "open": {"S": "y"},
            "due": {"N": "1"},
        },
    )
    event = json.dumps({"rule": "minute"})
    clients("lambda").invoke(FunctionName=deployed.deployment.ids["JobsFunction"], Payload=event)
    assert ended(ask, f"/jobs/{'f' * 32}")["state"] == "succeeded"


def test_a_large_answer_is_behind_a_link(ask: Ask, deployed: Stack, clients: Callable[[str], Any]) -> None:
    """What a run would have put into the bucket is there; the link that the gateway signs leads to it."""
    dynamodb, ids = clients("dynamodb"), deployed.deployment.ids
    job_id = ended(ask, handed_in(ask, {"endpoint": "trip", "parameters": {"city": "Lisbon"}}).headers["location"])[
        "id"
    ]
    clients("s3").put_object(Bucket=ids["JobsBucket"], Key=f"answers/{job_id}-1.json", Body=b'{"large": true}')
    key = {"pk": {"S": f"job#{job_id}"}}
    item = dynamodb.get_item(TableName=ids["JobsTable"], Key=key)["Item"]
    changed = json.loads(item["job"]["S"])
    changed["kept"]["in_bucket"] = True
    dynamodb.put_item(TableName=ids["JobsTable"], Item={**item, "job": {"S": json.dumps(changed)}})
    shown = ask(Question(f"/jobs/{job_id}")).body
    assert "result" not in shown
    assert "X-Amz-Signature=" in shown["result_url"]
    with urlopen(shown["result_url"], timeout=10) as answer:
        assert json.load(answer) == {"large": True}
