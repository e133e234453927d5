"""1,000 jobs in the embedded AWS under killed workers, duplicates and 5 % poison: none lost, none recorded twice.

The function of the jobs is the deployed one. Its processes are killed while they ask a source, and at random moments;
every fifth message is sent twice. Poison is jobs that kill whoever runs them, and messages that are none.
"""

import json
import os
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from dev.servers import REGION
from dev.stack import Stack
from fanin.jobs.message import RunJob
from fanin.jobs.sqs import task_of
from tests.contract.ask import Question, over_http
from tests.stack.conftest import deployed, processes  # noqa: F401 - fixtures

JOBS, POISONOUS, JUNK = 1000, 30, 20
KILLED, DUPLICATED = 0.1, 0.2
WITHIN = 2400.0
"""Seconds in which all of it has to be over."""
ENDED = ("succeeded", "failed", "cancelled")


class Deadly(ThreadingHTTPServer):
    """A source that knows every place, and kills some of those who ask.

    Args:
        aws: the embedded AWS's URL: who has it in their environment may be killed.
    """

    daemon_threads = True

    def __init__(self, aws: str) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.aws = aws.encode()
        self.chance = Random(7)
        self.kills: Counter[str] = Counter()

    def workers(self) -> list[int]:
        """Find the processes of the jobs' function in this embedded AWS."""
        found = []
        for environ in Path("/proc").glob("[0-9]*/environ"):
            try:
                variables = environ.read_bytes()
            except OSError:
                continue
            if b"FANIN_DEAD_LETTERS=" in variables and self.aws in variables:
                found.append(int(environ.parent.name))
        return found

    def kill(self, pid: int, why: str) -> None:
        os.kill(pid, signal.SIGKILL)
        self.kills[why] += 1

    def kill_asker(self, port: int, why: str) -> None:
        """Kill the process at the other end of a connection, by its port."""
        inode = re.search(rf":{port:04X} \S+ 01 \S+ \S+ \S+ +\d+ +\d+ (\d+) ", Path("/proc/net/tcp").read_text())
        assert inode
        for pid in self.workers():
            for descriptor in Path(f"/proc/{pid}/fd").glob("*"):
                try:
                    if str(descriptor.readlink()) == f"socket:[{inode[1]}]":
                        return self.kill(pid, why)
                except OSError:
                    continue
        return None


class Answering(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Deadly

    def do_GET(self) -> None:
        city = parse_qs(urlsplit(self.path).query)["name"][0]
        if city.startswith("Poison"):
            return self.server.kill_asker(self.client_address[1], "poison")
        if self.server.chance.random() < KILLED:
            return self.server.kill_asker(self.client_address[1], "asking")
        place = {"name": city, "latitude": 38.7, "longitude": -9.1, "country_code": "PT"}
        body = json.dumps({"results": [place]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def clients(deployed: Stack) -> Callable[[str], Any]:  # noqa: F811 - the fixture
    aws = deployed.deployment.aws_url
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    made = {
        service: boto3.client(service, REGION, endpoint_url=aws, **keys)  # type: ignore[call-overload]
        for service in ("dynamodb", "lambda", "logs", "sqs")
    }
    return made.__getitem__


@pytest.fixture(scope="module")
def source(deployed: Stack, clients: Callable[[str], Any]) -> Iterator[Deadly]:  # noqa: F811 - the fixture
    """Have the jobs' function read places from the deadly source, and its queue hand over again after 20 s."""
    ids = deployed.deployment.ids
    server = Deadly(deployed.deployment.aws_url)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found = clients("lambda").get_function_configuration(FunctionName=ids["JobsFunction"])
    variables = found["Environment"]["Variables"]
    variables["FANIN_VAR_OPEN_METEO_GEOCODING"] = f"http://127.0.0.1:{server.server_port}"
    clients("lambda").update_function_configuration(
        FunctionName=ids["JobsFunction"], Environment={"Variables": variables}
    )
    clients("sqs").set_queue_attributes(QueueUrl=ids["JobsQueue"], Attributes={"VisibilityTimeout": "20"})
    yield server
    server.shutdown()
    server.server_close()


def test_a_thousand_jobs(deployed: Stack, clients: Callable[[str], Any], source: Deadly) -> None:  # noqa: F811
    ids, chance, began = deployed.deployment.ids, Random(1), time.monotonic()
    ask, sqs = over_http(deployed.url, ""), clients("sqs")

    def hand_in(number: int) -> tuple[str, bool]:
        poisonous = number % (JOBS // POISONOUS) == 0 and number // (JOBS // POISONOUS) < POISONOUS
        city = f"{'Poison' if poisonous else 'Place'} {number}"
        order = json.dumps({"endpoint": "air_quality", "parameters": {"city": city}}).encode()
        reply = ask(Question("/jobs", method="POST", headers={"Content-Type": "application/json"}, body=order))
        assert reply.status == 202
        job_id = reply.body["id"]
        if chance.random() < DUPLICATED:
            again = task_of(RunJob(job_id)).encode()
            sqs.send_message(QueueUrl=ids["JobsQueue"], MessageBody=again, DelaySeconds=chance.randrange(120))
        return job_id, poisonous

    with ThreadPoolExecutor(4) as pool:
        jobs = dict(pool.map(hand_in, range(JOBS)))
    junk = {f"junk {number}" for number in range(JUNK)}
    for body in junk:
        sqs.send_message(QueueUrl=ids["JobsQueue"], MessageBody=body)

    recorded: dict[str, Any] = {}
    while True:
        for job_id, job in _records(clients("dynamodb"), ids["JobsTable"]).items():
            if job["state"] in ENDED:
                end = (job["state"], job["status"], job["kept"], job["ended"])
                assert recorded.setdefault(job_id, end) == end, "a recorded end has changed"
        states = Counter(
            job["state"] for job_id, job in _records(clients("dynamodb"), ids["JobsTable"]).items() if job_id in jobs
        )
        print(f"{time.monotonic() - began:6.0f} s {dict(states)} killed {dict(source.kills)}", flush=True)  # noqa: T201
        if not states["queued"] + states["running"]:
            break
        assert time.monotonic() - began < WITHIN
        if workers := source.workers():
            source.kill(chance.choice(workers), "at random")
        time.sleep(5)

    records = _records(clients("dynamodb"), ids["JobsTable"])
    assert records.keys() >= jobs.keys(), "lost"
    poisonous = {job_id for job_id, poison in jobs.items() if poison}
    assert len(poisonous) == POISONOUS
    assert {job_id for job_id in jobs if records[job_id]["state"] == "dead"} == poisonous
    assert all(records[job_id]["state"] == "succeeded" for job_id in jobs.keys() - poisonous)
    said = _recorded(clients("logs"))
    assert max(said.values()) == 1, "recorded twice"
    letters = _letters(sqs, ids["JobsDeadLetterQueue"])
    assert {body for body, _ in letters if body in junk} == junk
    assert {json.loads(body)["id"] for body, _ in letters if body not in junk} == poisonous
    assert all(reason for _, reason in letters)
    runs = sum(records[job_id]["runs"] for job_id in jobs)
    summary = (
        f"{JOBS} jobs, {runs} runs, {sum(source.kills.values())} killed ({dict(source.kills)}), {len(letters)} letters"
    )
    print(f"{summary}, {time.monotonic() - began:.0f} s")  # noqa: T201 - what a soak is run for
    assert sum(source.kills.values()) > JOBS * KILLED / 2


def _records(dynamodb: Any, table: str) -> dict[str, dict[str, Any]]:
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    items = [item for page in pages for item in page["Items"] if item["pk"]["S"].startswith("job#")]
    return {item["pk"]["S"].removeprefix("job#"): json.loads(item["job"]["S"]) for item in items}


def _recorded(logs: Any) -> Counter[str]:
    """Count how often each job's end was recorded, as the function said."""
    said: Counter[str] = Counter()
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/fanin/fanin-local/jobs")
    for event in (event for page in pages for event in page["events"]):
        for line in event["message"].splitlines():
            if line.startswith("{") and (read := json.loads(line)).get("message") == "job" and read["recorded"]:
                said[read["job"]] += 1
    return said


def _letters(sqs: Any, url: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    wanted = {"QueueUrl": url, "MessageAttributeNames": ["All"], "MaxNumberOfMessages": 10, "VisibilityTimeout": 600}
    while letters := sqs.receive_message(**wanted).get("Messages"):
        for letter in letters:
            reason = letter.get("MessageAttributes", {}).get("reason", {}).get("StringValue", "")
            found.append((letter["Body"], reason))
    return found
