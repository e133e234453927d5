"""The deployed jobs: handed in over HTTP, run by their function, and what it cannot do among the dead letters."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.request import urlopen
from uuid import uuid4

import httpx
import pytest

from fanin.compose.gateway import gateway
from fanin.jobs.job import MAX_RUNS, SILENT
from fanin.jobs.message import RunJob
from fanin.jobs.queue import task_of
from fanin.local.layout import ROOT
from fanin.local.process.processes import Processes
from fanin.local.stack.servers import REGION
from fanin.local.stack.stack import Stack
from fanin.local.upstream.client import UpstreamClient
from tests.contract.ask import Ask, Question, Reply
from tests.functions import end
from tests.stack.environments import Environments
from tests.stack.patience import patient
from tests.stack.waiting import waited_for

_WITHIN = 60.0
LISBON = {"endpoint": "trip", "parameters": {"city": "Lisbon"}}


@dataclass(frozen=True)
class Jobs:
    """The deployed jobs, as clients and operators reach them.

    Args:
        ask: asks the gateway.
        upstream: the demo upstream.
        environments: those of the jobs' function.
        ids: the id of each resource of the stack.
        client: gives a client of one of AWS's services.
        letters: the dead letters that were seen, each with its reason.
    """

    ask: Ask
    upstream: UpstreamClient
    environments: Environments
    ids: Mapping[str, str]
    client: Callable[[str], Any]
    letters: dict[str, str] = field(default_factory=dict)

    def hand_in(self, order: Mapping[str, Any], **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()} | {
            "Content-Type": "application/json"
        }
        return self.ask(Question("/jobs", method="POST", headers=named, body=json.dumps(order).encode()))

    def handed_in(self, order: Mapping[str, Any]) -> str:
        """Hand a job in; give its id."""
        job_id: str = self.hand_in(order).body["id"]
        return job_id

    def shown(self, job_id: str) -> dict[str, Any]:
        job: dict[str, Any] = self.ask(Question(f"/jobs/{job_id}")).body
        return job

    def cancel(self, job_id: str) -> tuple[int, str]:
        """Cancel a job; give the answer's status, and the job's state."""
        return self.ask(Question(f"/jobs/{job_id}", method="DELETE")).status, self.shown(job_id)["state"]

    def ended(self, job_id: str) -> dict[str, Any]:
        """Give a job when it has ended."""
        waited_for(lambda: self.shown(job_id)["state"] not in ("queued", "running"), _WITHIN)
        return self.shown(job_id)

    def running(self, order: Mapping[str, Any]) -> str:
        """Hand a job in whose first source takes its time; give its id once it runs."""
        self.upstream.rules({"open-meteo-geocoding": {"delay": 6000}})
        job_id = self.handed_in(order)
        waited_for(lambda: self.shown(job_id)["state"] == "running", _WITHIN)
        return job_id

    def killed(self) -> str:
        """Hand a job in, and kill its worker; give its id, once there is another worker."""
        job_id = self.running(LISBON)
        assert [process for process in list(self.environments.running()) if self.environments.kill(process)]
        self.upstream.reset()
        self.minute()
        return job_id

    def change(self, job_id: str, source: str = "", **fields: Any) -> None:
        """Write fields of a job's record as if they had come to be so; or of another's, as a job of its own."""
        dynamodb, table = self.client("dynamodb"), self.ids["JobsTable"]
        key = {"pk": {"S": f"job#{source or job_id}"}}
        item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
        record = json.loads(item["job"]["S"]) | fields | {"id": job_id}
        overdue = {"open": {"S": "y"}, "due": {"N": str(record["due"])}} if record["due"] else {}
        changed = {"pk": {"S": f"job#{job_id}"}, "job": {"S": json.dumps(record)}}
        dynamodb.put_item(TableName=table, Item={**item, **overdue, **changed})

    def count(self) -> int:
        """Count the jobs that are recorded."""
        items = self.client("dynamodb").scan(TableName=self.ids["JobsTable"], ConsistentRead=True)["Items"]
        return sum("job" in item for item in items)

    def send(self, body: str) -> None:
        """Send a message, and wait until a worker has it: of messages that come at once, each starts a worker."""
        sqs, queue = self.client("sqs"), {"QueueUrl": self.ids["JobsQueue"]}
        sqs.send_message(**queue, MessageBody=body)
        names = ["ApproximateNumberOfMessages"]
        waited_for(
            lambda: sqs.get_queue_attributes(**queue, AttributeNames=names)["Attributes"][names[0]] == "0", _WITHIN
        )

    def minute(self) -> None:
        """Do what the rule does each minute."""
        self.client("lambda").invoke(FunctionName=self.ids["JobsFunction"], Payload=json.dumps({"rule": "minute"}))

    def buried(self, number: int) -> dict[str, str]:
        """Take that many dead letters from their queue; give the reason of each by its body."""
        sqs, url = self.client("sqs"), self.ids["JobsDeadLetterQueue"]

        def look() -> bool:
            found = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"], MaxNumberOfMessages=10)
            for letter in found.get("Messages", []):
                self.letters[letter["Body"]] = letter["MessageAttributes"]["reason"]["StringValue"]
                sqs.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
            return len(self.letters) >= number

        waited_for(look, _WITHIN)
        return self.letters


@pytest.fixture(scope="module", autouse=True)
def _patient(deployed: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with patient(deployed, "JobsFunction", tmp_path_factory.mktemp("patient")):
        yield


@pytest.fixture
def jobs(deployed: Stack, functions: dict[str, Ask], upstream: UpstreamClient, processes: Processes) -> Iterator[Jobs]:
    ids = deployed.deployment.ids
    environments = Environments(processes.folder, ids["JobsFunction"])
    upstream.reset()
    yield Jobs(functions["gateway"], upstream, environments, ids, deployed.deployment.client)
    upstream.reset()


@pytest.fixture
def _back_soon(jobs: Jobs) -> Iterator[None]:
    """Have a message that failed come back after two seconds."""
    sqs, queue = jobs.client("sqs"), {"QueueUrl": jobs.ids["JobsQueue"]}
    before = sqs.get_queue_attributes(**queue, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(**queue, Attributes={"VisibilityTimeout": "2"})
    yield
    sqs.set_queue_attributes(**queue, Attributes=before)


def test_a_job_is_done_by_a_function_of_its_own(jobs: Jobs) -> None:
    key = f'"{uuid4()}"'
    reply = jobs.hand_in(LISBON, Idempotency_Key=key)
    assert (reply.status, reply.body["state"]) == (202, "queued")
    assert reply.headers["location"] == f"/jobs/{reply.body['id']}"
    job = jobs.ended(reply.body["id"])
    assert (job["state"], job["status"], job["complete"], job["runs"]) == ("succeeded", 200, True, 1)
    assert job["result"] == jobs.ask(Question("/trip/Lisbon")).body
    assert set(job["progress"].values()) == {"fresh"}
    again = jobs.hand_in(LISBON, Idempotency_Key=key)
    assert again.body["id"] == job["id"]
    other = jobs.hand_in({**LISBON, "parameters": {"city": "Nairobi"}}, Idempotency_Key=key)
    assert (other.status, other.body["type"].rpartition("/")[2]) == (422, "idempotency-key-reused")


def test_of_twenty_that_hand_in_the_same_at_once_one_makes_the_job(jobs: Jobs, deployed: Stack) -> None:
    """Twenty requests of one environment, interleaved wherever they wait for the table or the queue."""
    aws = deployed.deployment.environment | {"AWS_REGION": REGION}
    app = gateway(ROOT, {**deployed.deployment.variables("GatewayFunction"), **aws})
    before, headers = jobs.count(), {"Idempotency-Key": f'"{uuid4()}"'}

    async def all_at_once() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
            return await asyncio.gather(*(client.post("/jobs", json=LISBON, headers=headers) for _ in range(20)))

    loop = asyncio.new_event_loop()
    try:
        replies = loop.run_until_complete(all_at_once())
    finally:
        end(loop)
    assert {reply.status_code for reply in replies} == {202}
    [job_id] = {reply.json()["id"] for reply in replies}
    job = jobs.ended(job_id)
    assert (job["state"], job["runs"], jobs.count()) == ("succeeded", 1, before + 1)


def test_an_endpoint_that_fails_is_a_job_that_fails(jobs: Jobs) -> None:
    reply = jobs.ask(Question("/trip/Atlantis", headers={"Prefer": "respond-async"}))
    assert (reply.status, reply.headers["preference-applied"]) == (202, "respond-async")
    job = jobs.ended(reply.body["id"])
    assert (job["state"], job["status"]) == ("failed", 404)
    assert job["problem"]["type"].endswith("/not-found")
    assert jobs.cancel(job["id"]) == (409, "failed")


def test_a_job_that_waits_is_cancelled_and_never_begun(jobs: Jobs) -> None:
    lambda_, mapping = jobs.client("lambda"), jobs.ids["JobsMessages"]
    lambda_.update_event_source_mapping(UUID=mapping, Enabled=False)
    try:
        job_id = jobs.handed_in(LISBON)
        assert jobs.cancel(job_id) == (200, "cancelled")
        assert jobs.cancel(job_id) == (200, "cancelled")
    finally:
        lambda_.update_event_source_mapping(UUID=mapping, Enabled=True)
    later = jobs.ended(jobs.handed_in(LISBON))
    assert later["state"] == "succeeded"
    job = jobs.shown(job_id)
    assert (job["state"], job["runs"], job["started"]) == ("cancelled", 0, None)
    assert jobs.cancel(later["id"]) == (409, "succeeded")


def test_a_job_is_cancelled_while_another_environment_runs_it(jobs: Jobs) -> None:
    """Its run stops, and its message leaves the queue; tests/jobs says how soon."""
    job_id = jobs.running(LISBON)
    assert jobs.cancel(job_id) == (200, "cancelled")
    queue = {"QueueUrl": jobs.ids["JobsQueue"], "AttributeNames": ["ApproximateNumberOfMessagesNotVisible"]}
    waited_for(lambda: jobs.client("sqs").get_queue_attributes(**queue)["Attributes"].popitem()[1] == "0", _WITHIN)
    job = jobs.shown(job_id)
    assert (job["state"], job["runs"], "result" in job) == ("cancelled", 1, False)


def test_a_job_outlives_its_worker_beside_duplicates_and_poison(jobs: Jobs) -> None:
    """The soak in little; that the lease of the killed run has ended is written into the record."""
    job_id = jobs.killed()
    duplicate, unknown = (task_of(RunJob(id_)).encode() for id_ in (job_id, "e" * 32))
    jobs.send(duplicate)
    assert jobs.shown(job_id)["runs"] == 1, "the killed run may go on still"
    jobs.change(job_id, due=1.0)
    jobs.minute()
    job = jobs.ended(job_id)
    assert (job["state"], job["runs"], job["result"]["geo"]["name"]) == ("succeeded", 2, "Lisbon")
    for body in (duplicate, unknown, "{"):
        jobs.send(body)
    assert jobs.buried(2) == {
        unknown: "there is no such job, or no more",
        "{": "TaskRefused: the message is not JSON",
    }
    assert jobs.shown(job_id) == job


def test_a_dead_job_whose_letter_is_sent_again_succeeds(jobs: Jobs) -> None:
    """As docs/jobs.md tells an operator; that the run which was killed was its last is written into the record."""
    job_id = jobs.killed()
    jobs.change(job_id, due=1.0, runs=MAX_RUNS)
    jobs.minute()
    dead = jobs.ended(job_id)
    assert (dead["state"], dead["runs"]) == ("dead", MAX_RUNS)
    assert dead["problem"]["type"].endswith("/job-set-aside")
    letter = task_of(RunJob(job_id, after=MAX_RUNS)).encode()
    assert jobs.buried(1) == {letter: SILENT}

    cancelled = "d" * 32
    jobs.change(cancelled, job_id)
    assert jobs.cancel(cancelled) == (200, "cancelled")
    for body in (letter.replace(job_id, cancelled), letter):
        jobs.send(body)
    waited_for(lambda: jobs.shown(job_id)["state"] == "succeeded", _WITHIN)
    job = jobs.shown(job_id)
    assert (job["runs"], job["result"]["geo"]["name"]) == (MAX_RUNS + 1, "Lisbon")
    assert jobs.shown(cancelled)["state"] == "cancelled"


@pytest.mark.usefixtures("_back_soon")
def test_a_message_that_nobody_understands_is_among_the_dead_letters_after_three_receptions(jobs: Jobs) -> None:
    body = json.dumps({"id": "1", "kind": "of-none", "version": 1, "payload": {}})
    jobs.send(body)
    assert jobs.buried(1) == {body: "TaskRefused: nobody does tasks of the kind 'of-none'"}


def test_the_minute_rule_sends_what_was_never_sent(jobs: Jobs) -> None:
    """A job whose message was lost is put into the table as such; the function, asked by the rule, sends it."""
    lost, job_id = "f" * 32, jobs.ended(jobs.handed_in(LISBON))["id"]
    jobs.change(lost, job_id, state="queued", runs=0, due=1.0, ended=None, kept=None, status=None, complete=None)
    jobs.minute()
    assert jobs.ended(lost)["state"] == "succeeded"


def test_a_large_answer_is_behind_a_link(jobs: Jobs) -> None:
    """What a run would have put into the bucket is there; the link that the gateway signs leads to it."""
    job_id = jobs.ended(jobs.handed_in(LISBON))["id"]
    key = f"answers/{job_id}-1.json"
    jobs.client("s3").put_object(Bucket=jobs.ids["JobsBucket"], Key=key, Body=b'{"large": true}')
    jobs.change(job_id, kept={"name": f"{job_id}-1", "in_bucket": True, "size": 15})
    shown = jobs.shown(job_id)
    assert "result" not in shown
    assert "X-Amz-Signature=" in shown["result_url"]
    with urlopen(shown["result_url"], timeout=10) as answer:
        assert json.load(answer) == {"large": True}
