"""The store of jobs: in memory and in DynamoDB, which is moto's here, and in tests/stack the embedded AWS's."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from fanin.aws.client import Aws
from fanin.config.template import Scalar
from fanin.credentials.secrets.redaction import Redaction
from fanin.errors import AwsError, AwsUnavailable
from fanin.jobs.calls import PAUSES, Calls
from fanin.jobs.dynamodb import MAX_IN_TABLE, AwsResults, DynamoDbJobs
from fanin.jobs.job import Job, Kept, begin, cancel, end, queued
from fanin.jobs.memory import MemoryJobs
from fanin.jobs.message import CallBack, RunJob
from fanin.jobs.sqs import SqsJobs
from fanin.jobs.store import Claim, JobStore, JobsUnavailable, position
from fanin.observability.redact import redactor
from fanin.sources.tls import tls_context
from fanin.testing import fake_clock

TABLE: dict[str, Any] = {
    "TableName": "jobs",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": kind}
        for name, kind in {"pk": "S", "owner": "S", "made": "S", "open": "S", "due": "N"}.items()
    ],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": name,
            "KeySchema": [{"AttributeName": a, "KeyType": "HASH"}, {"AttributeName": b, "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": projection},
        }
        for name, a, b, projection in (("by-owner", "owner", "made", "ALL"), ("overdue", "open", "due", "KEYS_ONLY"))
    ],
}
PARAMETERS: dict[str, Scalar] = {"city": "São Paulo", "days": 3, "exact": True, "far": 1.5}


def job(number: int, owner: str = "", callback: str = "", now: float = 1_000.25) -> Job:
    return queued(f"{number:032x}", owner, "trip", PARAMETERS, callback, now=now)


@pytest.fixture(params=["memory", "dynamodb"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def calls(environment: dict[str, str], runner: asyncio.Runner) -> Iterator[Calls]:
    aws = Aws(environment, tls_context())
    runner.run(aws.call("dynamodb", "CreateTable", TABLE, timeout=10))
    yield Calls(aws)
    runner.run(aws.call("dynamodb", "DeleteTable", {"TableName": "jobs"}, timeout=10))
    runner.run(aws.aclose())


@pytest.fixture
def store(kind: str, request: pytest.FixtureRequest) -> JobStore:
    return MemoryJobs() if kind == "memory" else DynamoDbJobs(request.getfixturevalue("calls"), "jobs")


def test_a_job_is_read_as_it_was_written(store: JobStore, runner: asyncio.Runner) -> None:
    written = job(1, "jwt https://id.example alice", "https://hooks.example.com/x")
    assert runner.run(store.get(written.id)) is None
    assert runner.run(store.put(written))
    assert runner.run(store.get(written.id)) == written
    running = begin(written, 1_001.5)
    assert running
    kept = Kept("x-1", in_bucket=True, size=7)
    ended = end(running, 1, 1_002.5, progress={"geo": "fresh"}, status=200, complete=True, kept=kept)
    assert ended
    for step in (running, ended):
        assert runner.run(store.put(step))
        assert runner.run(store.get(written.id)) == step


def test_of_two_that_write_at_once_one_does(store: JobStore, runner: asyncio.Runner) -> None:
    first = job(1)
    assert runner.run(store.put(first))
    assert not runner.run(store.put(replace(first, owner="other")))
    running, cancelled = begin(first, 1_001.0), cancel(first, 1_001.0)
    assert running
    assert cancelled
    assert runner.run(store.put(running))
    assert not runner.run(store.put(cancelled))
    assert runner.run(store.get(first.id)) == running


def test_an_owners_jobs_come_by_pages_the_newest_first(store: JobStore, runner: asyncio.Runner) -> None:
    jobs = [job(number, "alice", now=1_000.0 + number // 2) for number in range(7)]
    order = list(jobs)
    Random(1).shuffle(order)
    for one in [*order, job(100, "bob"), job(101)]:
        assert runner.run(store.put(one))
    seen: list[Job] = []
    while page := runner.run(store.of_owner("alice", 3, position(seen[-1]) if seen else "")):
        seen += page
    assert seen == sorted(jobs, key=position, reverse=True)


def test_what_is_overdue_is_named_the_longest_first(store: JobStore, runner: asyncio.Runner) -> None:
    for number in (2, 0, 1, 3):
        assert runner.run(store.put(job(number, now=1_000.0 + number * 10)))
    gone = cancel(job(3, now=1_030.0), 1_031.0)
    assert gone
    assert runner.run(store.put(gone))
    assert runner.run(store.overdue(1_119.9, 10)) == []
    assert runner.run(store.overdue(1_130.0, 10)) == [f"{0:032x}", f"{1:032x}"]
    assert runner.run(store.overdue(9_999.0, 2)) == [f"{0:032x}", f"{1:032x}"]
    assert runner.run(store.overdue(9_999.0, 10)) == [f"{number:032x}" for number in range(3)]


def test_a_key_stands_for_the_first_claim_until_it_expires(store: JobStore, runner: asyncio.Runner) -> None:
    first, second = Claim("a", "f"), Claim("b", "g")
    assert runner.run(store.claim("k", first, now=0.0, until=10.0)) == first
    assert runner.run(store.claim("k", second, now=9.0, until=19.0)) == first
    assert runner.run(store.claim("other", second, now=9.0, until=19.0)) == second
    assert runner.run(store.claim("k", second, now=10.0, until=20.0)) == second
    assert runner.run(store.claim("k", first, now=11.0, until=21.0)) == second


def test_answers_are_in_the_table_or_in_the_bucket(calls: Calls, runner: asyncio.Runner) -> None:
    located = (
        b"<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"
    )
    runner.run(calls.aws.request("s3", "PUT", "/answers-of-jobs", body=located, timeout=10))
    results = AwsResults(calls, "jobs", "answers-of-jobs", lambda bucket, key: f"{bucket}/{key}")
    small, repetitive = b'{"a": 1}', json.dumps(["x" * 900_000]).encode()
    dense = Random(1).randbytes(400_000)
    for body, in_bucket in ((small, False), (repetitive, False), (dense, True), (b" " * (MAX_IN_TABLE + 1), True)):
        kept = runner.run(results.keep(f"{len(body)}", body, 2_000.0))
        assert kept == Kept(f"{len(body)}", in_bucket, len(body))
        if in_bucket:
            path = "/" + results.link(kept)
            assert path == f"/answers-of-jobs/answers/{len(body)}.json"
            assert runner.run(calls.aws.request("s3", "GET", path, timeout=10)).body == body
        else:
            assert runner.run(results.body(kept)) == body
    without_bucket = AwsResults(calls, "jobs", "", lambda bucket, key: bucket + key)
    assert runner.run(without_bucket.keep("n", dense, 2_000.0)) is None
    assert runner.run(results.body(Kept("nothing", in_bucket=False, size=1))) is None


def test_dead_letters_carry_their_reason(calls: Calls, runner: asyncio.Runner) -> None:
    queue, dead = (
        runner.run(calls.call("sqs", "CreateQueue", {"QueueName": name}))["QueueUrl"] for name in ("jobs", "dead")
    )
    messages = SqsJobs(calls, queue, dead)
    runner.run(messages.send(RunJob("a" * 32)))
    runner.run(messages.send(CallBack("b" * 32, 2)))
    runner.run(messages.bury(RunJob("a" * 32, after=5), "line 1\nline 2 \x00 ü" + "x" * 5000))
    sent = runner.run(calls.call("sqs", "ReceiveMessage", {"QueueUrl": queue, "MaxNumberOfMessages": 10}))["Messages"]
    bodies = sorted((json.loads(message["Body"]) for message in sent), key=lambda body: body["id"])
    assert [body["kind"] for body in bodies] == ["run_job", "call_back"]
    assert [body["payload"] for body in bodies] == [
        {"job": "a" * 32, "after": None},
        {"job": "b" * 32, "attempt": 2},
    ]
    wanted = {"QueueUrl": dead, "MessageAttributeNames": ["All"]}
    [letter] = runner.run(calls.call("sqs", "ReceiveMessage", wanted))["Messages"]
    assert json.loads(letter["Body"])["payload"] == {"job": "a" * 32, "after": 5}
    assert letter["MessageAttributes"]["reason"]["StringValue"].startswith("line 1 line 2   ü")
    with pytest.raises(JobsUnavailable):
        runner.run(SqsJobs(calls, queue).bury(RunJob("a" * 32), "no"))


def test_no_secret_and_no_internal_address_is_in_a_dead_letters_reason(calls: Calls, runner: asyncio.Runner) -> None:
    """Whoever buries, and whatever failed: others read the queue than those who hold the secret."""
    known = Redaction()
    known.learn("members_key", "s3cr3t-value")
    dead = runner.run(calls.call("sqs", "CreateQueue", {"QueueName": "dead-redacted"}))["QueueUrl"]
    messages = SqsJobs(calls, dead, dead, redactor(known))
    runner.run(messages.bury_text("body", "FaninError: 10.11.12.13 refused s3cr3t-value"))
    wanted = {"QueueUrl": dead, "MessageAttributeNames": ["All"]}
    [letter] = runner.run(calls.call("sqs", "ReceiveMessage", wanted))["Messages"]
    assert letter["MessageAttributes"]["reason"]["StringValue"] == "FaninError: *** refused [members_key]"


def test_a_body_whose_run_was_not_recorded_leaves_when_its_job_would_have(runner: asyncio.Runner) -> None:
    memory = MemoryJobs()
    kept = runner.run(memory.keep("a-1", b"{}", 2_000.0))
    assert runner.run(memory.put(job(1, now=1_999.0)))
    assert runner.run(memory.body(kept)) == b"{}"
    assert runner.run(memory.put(job(2, now=2_000.0)))
    assert runner.run(memory.body(kept)) is None


@pytest.mark.parametrize(("delay", "seconds"), [(0.0, None), (-1.0, None), (0.1, 1), (59.4, 60), (5000.0, 900)])
def test_a_message_does_not_come_sooner_than_it_is_to(
    delay: float, seconds: int | None, runner: asyncio.Runner
) -> None:
    sent: list[dict[str, Any]] = []

    class Aws:
        async def call(self, _service: str, _operation: str, payload: dict[str, Any], **_: object) -> None:
            sent.append(payload)

    runner.run(SqsJobs(Calls(Aws()), "queue").send(RunJob("a"), delay=delay))  # type: ignore[arg-type]
    assert [payload.get("DelaySeconds") for payload in sent] == [seconds]


class Failing:
    """An AWS that fails some times."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.calls = 0

    async def call(self, *_: object, timeout: float) -> dict[str, str]:  # noqa: ASYNC109 - as AWS's client has it
        assert timeout > 0
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return {"it": "answered"}


@pytest.mark.parametrize(
    ("failures", "comes_to", "made"),
    [
        ([AwsUnavailable("slow")], {"it": "answered"}, 2),
        ([AwsUnavailable("slow")] * (len(PAUSES) + 1), JobsUnavailable, len(PAUSES) + 1),
        ([AwsError("AccessDeniedException", 400, "no")], JobsUnavailable, 1),
        ([AwsError("ConditionalCheckFailedException", 400, "no")], AwsError, 1),
    ],
)
def test_a_call_without_an_answer_is_made_again_and_a_refused_one_is_not(
    failures: list[Exception], comes_to: Any, made: int
) -> None:
    aws = Failing(*failures)
    calls = Calls(aws)  # type: ignore[arg-type]
    if isinstance(comes_to, dict):
        assert fake_clock.run(calls.call("dynamodb", "PutItem", {})) == comes_to
    else:
        with pytest.raises(comes_to):
            fake_clock.run(calls.call("dynamodb", "PutItem", {}))
    assert aws.calls == made
