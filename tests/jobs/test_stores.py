"""Jobs over a table, a queue and a bucket: in memory, and in AWS, which is moto's here."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from fanin.aws.client import Aws
from fanin.aws.errors import AwsError, AwsUnavailable
from fanin.config.template import Scalar
from fanin.credentials.secrets.redaction import Redaction
from fanin.jobs.job import Job, KeptAnswer, begin, cancel, end, queued
from fanin.jobs.message import CallBack, RunJob
from fanin.jobs.queue import QueuedMessages
from fanin.jobs.results import MAX_IN_TABLE, StoredResults
from fanin.jobs.store import Claim, JobStore, position
from fanin.jobs.table import INDEXES, KEY, LOOK_EVERY, TableJobs
from fanin.observability.redact import redactor
from fanin.stores.aws.bucket import AwsBucket
from fanin.stores.aws.calls import Calls
from fanin.stores.aws.queue import AwsQueue
from fanin.stores.aws.table import AwsTable
from fanin.stores.bounds import NEEDED, Patience
from fanin.stores.errors import ConditionFailed, StoreUnavailable
from fanin.stores.memory.bucket import MemoryBucket
from fanin.stores.memory.table import MemoryTable
from fanin.stores.table import Table
from fanin.testing import fake_clock
from tests.roots import tls_context
from tests.stores.resources import create_bucket, create_queue, create_table, received

if TYPE_CHECKING:
    from fanin.stores.bucket import Bucket

PATIENT = Patience(10.0)
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
def aws(environment: dict[str, str], runner: asyncio.Runner) -> Iterator[Aws]:
    client = Aws(environment, tls_context())
    yield client
    runner.run(client.aclose())


@pytest.fixture
def table(kind: str, request: pytest.FixtureRequest, runner: asyncio.Runner) -> Iterator[Table]:
    if kind == "memory":
        yield MemoryTable(KEY, lambda: 0.0, indexes=INDEXES)
        return
    aws = request.getfixturevalue("aws")
    name = runner.run(create_table(aws, KEY, INDEXES, numbers={"due"}))
    yield AwsTable(Calls(aws, "dynamodb", PATIENT), name)
    runner.run(aws.call("dynamodb", "DeleteTable", {"TableName": name}, timeout=10))


@pytest.fixture
def store(table: Table) -> JobStore:
    return TableJobs(table)


def test_a_job_is_read_as_it_was_written(store: JobStore, runner: asyncio.Runner) -> None:
    written = job(1, "jwt https://id.example alice", "https://hooks.example.com/x")
    assert runner.run(store.get(written.id)) is None
    assert runner.run(store.put(written))
    assert runner.run(store.get(written.id)) == written
    running = begin(written, 1_001.5)
    assert running
    kept = KeptAnswer("x-1", in_bucket=True, size=7)
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


def test_answers_are_in_the_table_or_in_the_bucket(kind: str, table: Table, aws: Aws, runner: asyncio.Runner) -> None:
    bucket: Bucket = MemoryBucket()
    if kind == "dynamodb":
        bucket = AwsBucket(Calls(aws, "s3", PATIENT), runner.run(create_bucket(aws)))
    results = StoredResults(table, bucket)
    small, repetitive = b'{"a": 1}', json.dumps(["x" * 900_000]).encode()
    dense = Random(1).randbytes(400_000)
    for body, in_bucket in ((small, False), (repetitive, False), (dense, True), (b" " * (MAX_IN_TABLE + 1), True)):
        kept = runner.run(results.keep(f"{len(body)}", body, 2_000.0))
        assert kept == KeptAnswer(f"{len(body)}", in_bucket, len(body))
        assert runner.run(bucket.get(f"answers/{len(body)}.json")) == (body if in_bucket else None)
        assert runner.run(results.body(kept)) == body
        assert bool(results.link(kept)) == (in_bucket and kind == "dynamodb")
    without_bucket = StoredResults(table, None)
    assert runner.run(without_bucket.keep("n", dense, 2_000.0)) is None
    assert runner.run(results.body(KeptAnswer("nothing", in_bucket=False, size=1))) is None
    assert runner.run(results.body(KeptAnswer("nothing", in_bucket=True, size=1))) is None


def test_dead_letters_carry_their_reason(aws: Aws, runner: asyncio.Runner) -> None:
    calls = Calls(aws, "sqs", PATIENT)
    queue, dead = (runner.run(create_queue(aws)) for _ in range(2))
    messages = QueuedMessages(AwsQueue(calls, queue), AwsQueue(calls, dead))
    runner.run(messages.send(RunJob("a" * 32)))
    runner.run(messages.send(CallBack("b" * 32, 2)))
    runner.run(messages.bury(RunJob("a" * 32, after=5), "line 1\nline 2 \x00 ü" + "x" * 5000))
    sent = [(json.loads(body), attributes) for body, attributes in runner.run(received(aws, queue))]
    assert sorted((body["kind"], *body["payload"].values()) for body, _ in sent) == [
        ("call_back", "b" * 32, 2),
        ("run_job", "a" * 32, None),
    ]
    [(letter, attributes)] = runner.run(received(aws, dead))
    assert json.loads(letter)["payload"] == {"job": "a" * 32, "after": 5}
    assert attributes["reason"].startswith("line 1 line 2   ü")
    assert len(attributes["reason"]) == 1024
    with pytest.raises(StoreUnavailable):
        runner.run(QueuedMessages(AwsQueue(calls, queue)).bury(RunJob("a" * 32), "no"))


def test_no_secret_and_no_internal_address_is_in_a_dead_letters_reason(aws: Aws, runner: asyncio.Runner) -> None:
    """Whoever buries, and whatever failed: others read the queue than those who hold the secret."""
    known = Redaction()
    known.learn("members_key", "s3cr3t-value")
    dead = runner.run(create_queue(aws))
    letters = AwsQueue(Calls(aws, "sqs", PATIENT), dead)
    messages = QueuedMessages(letters, letters, redactor(known))
    runner.run(messages.bury_text("body", "FaninError: 10.11.12.13 refused s3cr3t-value"))
    [(_, attributes)] = runner.run(received(aws, dead))
    assert attributes["reason"] == "FaninError: *** refused [members_key]"


def test_a_body_whose_run_was_not_recorded_leaves_when_its_job_would_have(runner: asyncio.Runner) -> None:
    moments = iter([2_000.0, 2_001.0])
    results = StoredResults(MemoryTable(KEY, lambda: next(moments)), None)
    kept = runner.run(results.keep("a-1", b"{}", 2_000.0))
    assert kept
    assert [runner.run(results.body(kept)) for _ in range(2)] == [b"{}", None]


@pytest.mark.parametrize(("delay", "seconds"), [(0.0, None), (-1.0, None), (0.1, 1), (59.4, 60), (5000.0, 900)])
def test_a_message_does_not_come_sooner_than_it_is_to(
    delay: float, seconds: int | None, runner: asyncio.Runner
) -> None:
    sent: list[dict[str, Any]] = []

    class Taking:
        async def call(self, _service: str, _operation: str, payload: dict[str, Any], **_: object) -> Any:
            sent.append(payload)
            return {"MessageId": "1"}

    queue = AwsQueue(Calls(Taking(), "sqs", NEEDED), "queue")  # type: ignore[arg-type]
    runner.run(QueuedMessages(queue).send(RunJob("a"), delay=delay))
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
        ([AwsUnavailable("slow")] * (len(NEEDED.pauses) + 1), StoreUnavailable, len(NEEDED.pauses) + 1),
        ([AwsError("AccessDeniedException", 400, "no")], StoreUnavailable, 1),
        ([AwsError("ConditionalCheckFailedException", 400, "no")], ConditionFailed, 1),
    ],
)
def test_a_call_without_an_answer_is_made_again_and_a_refused_one_is_not(
    failures: list[Exception], comes_to: Any, made: int
) -> None:
    aws = Failing(*failures)
    calls = Calls(aws, "dynamodb", NEEDED)  # type: ignore[arg-type]
    if isinstance(comes_to, dict):
        assert fake_clock.run(calls.call("PutItem", {}, dict)) == comes_to
    else:
        with pytest.raises(comes_to):
            fake_clock.run(calls.call("PutItem", {}, dict))
    assert aws.calls == made


def test_an_owner_has_so_many_open_jobs_of_an_endpoint(store: JobStore, runner: asyncio.Runner) -> None:
    async def enter(made: Job) -> bool:
        return await store.enter(made, 3, now=0.0) and await store.put(made)

    async def story() -> None:
        assert [await enter(job(number)) for number in range(4)] == [True, True, True, False]
        assert await store.enter(job(0), 3, now=0.0), "one that is counted is counted once"
        assert await enter(job(4, owner="ann")), "another owner's are counted by themselves"
        assert await enter(replace(job(5), endpoint="other"))
        await store.leave(job(1))
        await store.leave(job(1))
        assert await enter(job(6))
        assert not await enter(job(7))

    runner.run(story())


def test_jobs_that_ended_without_leaving_make_room_within_a_minute(store: JobStore, runner: asyncio.Runner) -> None:
    """As where a function is ended between the two; who asks again and again does not look each time."""

    async def end_without_leaving(number: int) -> None:
        cancelled = cancel(job(number), 1_000.0)
        assert cancelled
        assert await store.put(cancelled)

    async def story() -> None:
        for number in range(3):
            assert await store.enter(job(number), 3, now=1_000.0)
            assert await store.put(job(number))
        await end_without_leaving(0)
        assert await store.enter(job(3), 3, now=1_000.0)
        assert await store.put(job(3))
        await end_without_leaving(1)
        assert not await store.enter(job(4), 3, now=1_000.0 + LOOK_EVERY)
        assert await store.enter(job(4), 3, now=1_001.0 + LOOK_EVERY)

    runner.run(story())
