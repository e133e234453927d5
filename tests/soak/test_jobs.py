"""1,000 jobs in the embedded AWS under killed workers, duplicates and 5 % poison: none lost, none recorded twice.

They are handed in over HTTP. The queue hands them to the function's environments, each a process; these reach AWS and
their source through a passage that kills some of them at a step, and others are killed at any moment. `SOAK_JOBS=100`
for fewer.
"""

import contextlib
import json
import os
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from urllib.request import urlopen

import pytest

from fanin.jobs.job import MAX_RUNS, SILENT
from fanin.jobs.message import RunJob
from fanin.jobs.queue import task_of
from fanin.local.process.processes import Processes
from fanin.local.stack.stack import Stack
from fanin.worker.task import Task
from tests.contract.ask import Ask, Question, over_http
from tests.soak.passage import DENSE, Passage
from tests.stack.conftest import deployed, processes  # noqa: F401 - fixtures
from tests.stack.environments import Environments

JOBS = int(os.environ.get("SOAK_JOBS", "1000"))
KILLED = 0.015
"""The share of a worker's steps at which it is killed; a job has six and more."""
KILL_EVERY = 10.0
"""Seconds after which one is killed at whatever it does."""
DUPLICATED, HANDED_IN_TWICE = 5, 20
"""Of how many jobs the message of one comes twice, and one is handed in twice."""
VISIBLE_AFTER = 62
"""Seconds after which a message whose worker was killed comes again; in the template it is longer than a run."""
WITHIN = 1800.0
"""Seconds in which all of it has to be over."""
OPEN = ("queued", "running")
FILE = """fanin = 1
[variables]
places = "set FANIN_VAR_PLACES"
[sources.place]
url = "{$places}/place?name={name}"
timeout = "20s"
[jobs]
max_open = 1000
[endpoints.place]
path = "/place/{name}"
sources = ["place"]
required = ["place"]
timeout = "20s"
"""


@dataclass(frozen=True)
class Scene:
    """The stack under the soak.

    Args:
        ask: asks the gateway.
        passage: what the jobs' function reaches everything through.
        ids: the id of each resource.
        client: gives a client of one of AWS's services.
    """

    ask: Ask
    passage: Passage
    ids: Mapping[str, str]
    client: Callable[[str], Any]


@pytest.fixture
def scene(deployed: Stack, processes: Processes, tmp_path: Path) -> Iterator[Scene]:  # noqa: F811 - the fixtures
    ids, client = deployed.deployment.ids, deployed.deployment.client
    (tmp_path / "fanin.toml").write_text(FILE)
    with Passage(deployed.deployment.aws_url, Environments(processes.folder, ids["JobsFunction"]), KILLED) as passage:
        threading.Thread(target=passage.serve_forever, daemon=True).start()
        file = {"FANIN_CONFIG": str(tmp_path / "fanin.toml"), "FANIN_VAR_PLACES": passage.url, "FANIN_VARIABLES": ""}
        for function, own in {
            "GatewayFunction": file,
            "JobsFunction": file | {"AWS_ENDPOINT_URL": passage.url},
        }.items():
            deployed.deployment.replace_variables(function, {**deployed.deployment.variables(function), **own})
        client("sqs").set_queue_attributes(
            QueueUrl=ids["JobsQueue"], Attributes={"VisibilityTimeout": str(VISIBLE_AFTER)}
        )
        yield Scene(over_http(deployed.url, ""), passage, ids, client)
        passage.shutdown()


def places() -> list[str]:
    """Name what each job asks for, in the order of their handing in: what takes longest is among the first."""
    kinds = {"deadly": JOBS * 15 // 1000, "unkept": JOBS // 100, "large": JOBS // 50}
    special = [f"{kind} {number}" for kind, count in kinds.items() for number in range(max(1, count))]
    ordinary = [f"place {number}" for number in range(JOBS - len(special))]
    early = special + ordinary[: len(special)]
    Random(5).shuffle(early)
    return early + ordinary[len(special) :]


def poison_messages() -> dict[str, str]:
    """Give messages from which nothing can come, with the reason of each."""
    unreadable, unknown = max(1, JOBS // 200), max(1, JOBS // 100)
    return (
        {f"no JSON {number}": "TaskRefused: the message is not JSON" for number in range(unreadable)}
        | {
            json.dumps({"number": number}): "TaskRefused: the message is no task: it lacks id, kind, version or payload"
            for number in range(unreadable)
        }
        | {
            Task(str(number), "of_none", 1, {}).encode(): "TaskRefused: nobody does tasks of the kind 'of_none'"
            for number in range(unreadable)
        }
        | {task_of(RunJob(f"{number:032x}")).encode(): "there is no such job, or no more" for number in range(unknown)}
    )


def test_a_thousand_jobs(scene: Scene) -> None:
    began = time.monotonic()
    asked, poison = places(), poison_messages()
    _send_at_some_time(scene, poison)
    with ThreadPoolExecutor(4) as pool, _killing(scene.passage):
        ids = list(pool.map(lambda number: _handed_in(scene, number, asked[number]), range(JOBS)))
        place_of = dict(zip(ids, asked, strict=True))
        assert len(place_of) == JOBS, "an id came twice"
        records = _until_none_is(OPEN, scene, began)
    took = time.monotonic() - began
    _check_records(records, place_of)
    _check_writes(scene.passage.written, place_of, {"succeeded", "dead"})
    letters = _letters(scene)
    _check_letters(letters, poison, records, place_of)
    _check_answers(scene, place_of)

    scene.passage.mended = True
    _send_again(scene, letters)
    records = _until_none_is((*OPEN, "dead"), scene, began)
    assert {record["state"] for record in records.values()} == {"succeeded"}
    _check_writes(scene.passage.written, place_of, {"succeeded"})
    _check_answers(scene, place_of)

    kills, reasons = scene.passage.kills, Counter(reason for _, reason, _ in letters)
    print(  # noqa: T201 - the figures are what it is run for
        f"{JOBS} jobs, {sum(map(_is_poison, asked))} of them poison, {len(poison)} messages of poison, {_twice(JOBS)} "
        f"duplicates: {sum(record['runs'] for record in records.values())} runs, {kills.total()} workers killed "
        f"{dict(kills)}; 0 lost, 0 recorded twice; {len(letters)} dead letters {dict(reasons)}; {took:.0f} s, and when "
        f"all dead letters had been sent again and their jobs had succeeded, {time.monotonic() - began:.0f} s"
    )
    assert kills.total() - kills["deadly"] > JOBS * 0.05
    moments = [f"{when} {step}" for when in ("before", "behind") for step in ("GetItem", "PutItem", "place")]
    assert set(moments) <= kills.keys() or JOBS < 500


def _handed_in(scene: Scene, number: int, place: str) -> str:
    """Hand a job in; give its id.

    Some are handed in twice, and of some the message comes twice.
    """
    headers = {"Content-Type": "application/json", "Idempotency-Key": f'"{place}"'}
    order = json.dumps({"endpoint": "place", "parameters": {"name": place}}).encode()
    question = Question("/jobs", method="POST", headers=headers, body=order)
    replies = [scene.ask(question) for _ in range(1 if number % HANDED_IN_TWICE else 2)]
    assert [reply.status for reply in replies] == [202] * len(replies), replies
    [job] = {reply.headers["location"].removeprefix("/jobs/") for reply in replies}
    if not number % DUPLICATED:
        _send_at_some_time(scene, [task_of(RunJob(job)).encode()])
    return job


def _twice(jobs: int) -> int:
    """Count the duplicates among jobs."""
    return len(range(0, jobs, DUPLICATED)) + len(range(0, jobs, HANDED_IN_TWICE))


def _send_at_some_time(scene: Scene, bodies: Iterable[str]) -> None:
    """Send messages that come within a minute."""
    sqs = scene.client("sqs")
    for body in bodies:
        delay = zlib.crc32(body.encode()) % 60
        sqs.send_message(QueueUrl=scene.ids["JobsQueue"], MessageBody=body, DelaySeconds=delay)


@contextlib.contextmanager
def _killing(passage: Passage) -> Iterator[None]:
    """Kill an environment every few seconds."""
    ended = threading.Event()

    def kill() -> None:
        while not ended.wait(KILL_EVERY):
            passage.kill_any()

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _until_none_is(states: Collection[str], scene: Scene, began: float) -> dict[str, dict[str, Any]]:
    """Read the records until none is in any of some states."""
    while True:
        records = _records(scene)
        found = Counter(record["state"] for record in records.values())
        print(f"{time.monotonic() - began:6.0f} s {dict(found)} killed {dict(scene.passage.kills)}", flush=True)  # noqa: T201 - a soak tells how far it is
        if not found.keys() & set(states):
            return records
        assert time.monotonic() - began < WITHIN
        time.sleep(3)


def _records(scene: Scene) -> dict[str, dict[str, Any]]:
    scan = scene.client("dynamodb").get_paginator("scan")
    pages = scan.paginate(TableName=scene.ids["JobsTable"], ConsistentRead=True)
    jobs = (json.loads(item["job"]["S"]) for page in pages for item in page["Items"] if "job" in item)
    return {job["id"]: job for job in jobs}


def _is_poison(place: str) -> bool:
    return place.startswith(("deadly", "unkept"))


def _check_records(records: Mapping[str, Mapping[str, Any]], place_of: Mapping[str, str]) -> None:
    assert records.keys() == place_of.keys(), "lost"
    for job, place in place_of.items():
        record = records[job]
        if _is_poison(place):
            assert (record["state"], record["runs"]) == ("dead", MAX_RUNS), place
        else:
            assert (record["state"], record["status"], record["complete"]) == ("succeeded", 200, True), place


def _check_writes(written: Sequence[Mapping[str, Any]], place_of: Mapping[str, str], ends: set[str]) -> None:
    """Each revision of a job was written once, and each end of it."""
    revisions = Counter((record["id"], record["revision"]) for record in written)
    assert set(revisions.values()) == {1}, "two have written the same revision"
    ended = Counter(record["id"] for record in written if record["state"] in ends)
    assert ended == dict.fromkeys(place_of, 1), "recorded twice, or not at all"


def _letters(scene: Scene) -> list[tuple[str, str, str]]:
    """Give body, reason and handle of each dead letter, once no more of them come."""
    sqs, found = scene.client("sqs"), []
    wanted = {"QueueUrl": scene.ids["JobsDeadLetterQueue"], "MessageAttributeNames": ["All"], "VisibilityTimeout": 900}
    while letters := sqs.receive_message(**wanted, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages"):
        for letter in letters:
            reason = letter.get("MessageAttributes", {}).get("reason", {}).get("StringValue", "")
            found.append((letter["Body"], reason, letter["ReceiptHandle"]))
    return found


def _check_letters(
    letters: list[tuple[str, str, str]],
    poison: Mapping[str, str],
    records: Mapping[str, Mapping[str, Any]],
    place_of: Mapping[str, str],
) -> None:
    """All poison is there with its reason, and nothing else is."""
    expected = set(poison.items())
    for job, place in place_of.items():
        if _is_poison(place):
            reason = records[job]["reason"]
            # The last run of a job that cannot be recorded may have been killed as well as any.
            assert reason == SILENT or (place.startswith("unkept") and "AccessDenied" in reason), place
            expected.add((task_of(RunJob(job, after=MAX_RUNS)).encode(), reason))
    assert {(body, reason) for body, reason, _ in letters} == expected


def _check_answers(scene: Scene, place_of: Mapping[str, str]) -> None:
    """What each job's client is answered with is what the job asked for."""
    with ThreadPoolExecutor(4) as pool:
        replies = pool.map(lambda job: scene.ask(Question(f"/jobs/{job}")), place_of)
        for place, reply in zip(place_of.values(), replies, strict=True):
            assert reply.status == 200
            _check_answer(reply.body, place, dead=_is_poison(place) and not scene.passage.mended)


def _check_answer(job: Mapping[str, Any], place: str, *, dead: bool) -> None:
    assert job["parameters"] == {"name": place}
    if dead:
        assert job["state"] == "dead"
        assert job["problem"]["type"].endswith("/job-set-aside")
        return
    assert (job["state"], job["status"], job["complete"]) == ("succeeded", 200, True)
    large = place.startswith(("large", "unkept"))
    if large:
        with urlopen(job["result_url"], timeout=30) as answer:
            result = json.load(answer)
    else:
        result = job["result"]
    assert result == {"place": {"name": place} | ({"all": DENSE} if large else {})}


def _send_again(scene: Scene, letters: list[tuple[str, str, str]]) -> None:
    """Move every dead letter back to the queue, as docs/jobs.md has an operator do."""
    sqs = scene.client("sqs")
    for body, _, handle in letters:
        sqs.send_message(QueueUrl=scene.ids["JobsQueue"], MessageBody=body)
        sqs.delete_message(QueueUrl=scene.ids["JobsDeadLetterQueue"], ReceiptHandle=handle)
