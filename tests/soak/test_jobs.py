"""1,000 jobs in the embedded AWS under killed workers, duplicates and 5 % poison: none lost, none recorded twice.

The workers are processes of the jobs' function over the embedded AWS's table and queues. They are killed while they ask
a source, and at random moments; every fifth message is sent twice. Poison is jobs that kill whoever runs them, and
messages that are none.
"""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from dev import servers
from dev.processes import Processes
from fanin.aws.client import Aws
from fanin.aws.client_blocking import BlockingAws
from fanin.config import load
from fanin.jobs.message import RunJob
from fanin.jobs.parts import Around, desk_of
from fanin.jobs.sqs import task_of
from fanin.pipeline import Surroundings
from fanin.sources.address import AddressGuard
from fanin.sources.resolve import Resolver
from fanin.sources.tls import tls_context
from tests.jobs.test_stores import TABLE
from tests.stack.conftest import processes  # noqa: F401 - a fixture

JOBS = int(os.environ.get("SOAK_JOBS", "1000"))
POISONOUS, JUNK = JOBS * 3 // 100, JOBS * 2 // 100
KILLED, DUPLICATED = 0.1, 0.2
WORKERS = 5
WITHIN = 2400.0
"""Seconds in which all of it has to be over."""
ENDED = ("succeeded", "failed", "cancelled")
ROOT = Path(__file__).parents[2]
FILE = """fanin = 1
[variables]
places = "set FANIN_VAR_PLACES"
[sources.place]
url = "{$places}/place?name={name}"
timeout = "20s"
[endpoints.place]
path = "/place/{name}"
sources = ["place"]
required = ["place"]
timeout = "20s"
"""


@dataclass
class Workers:
    """The processes of the function; whatever is killed is started again.

    Args:
        folder: where fanin.toml is, and what they say goes.
        environment: theirs.
        queue: the queue's URL.
    """

    folder: Path
    environment: Mapping[str, str]
    queue: str
    kills: Counter[str] = field(default_factory=Counter)
    running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def keep_up(self) -> None:
        """Start what is missing: the workers, and one process that looks each ten seconds."""
        for number in range(WORKERS + 1):
            process = self.running.get(number)
            if process is None or process.poll() is not None:
                command = [sys.executable, "-m", "tests.soak.jobs_worker", str(self.folder)]
                with (self.folder / f"{number}.log").open("ab") as log:
                    self.running[number] = subprocess.Popen(
                        [*command, self.queue if number else "minute"],
                        cwd=ROOT,
                        env=self.environment,
                        stdout=log,
                        stderr=log,
                    )

    def kill(self, process: subprocess.Popen[bytes], why: str) -> None:
        """End a process between any two of its instructions."""
        with self.lock:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                self.kills[why] += 1

    def kill_asker(self, port: int, why: str) -> bool:
        """Kill the process at the other end of a connection, by its port; False where it is not found."""
        inode = re.search(rf":{port:04X} \S+ 01 \S+ \S+ \S+ +\d+ +\d+ (\d+) ", Path("/proc/net/tcp").read_text())
        for process in list(self.running.values()) if inode else []:
            for descriptor in Path(f"/proc/{process.pid}/fd").glob("*"):
                try:
                    if inode and str(descriptor.readlink()) == f"socket:[{inode[1]}]":
                        self.kill(process, why)
                        return True
                except OSError:
                    continue
        return False

    def end(self) -> None:
        """End them all."""
        for process in self.running.values():
            process.kill()
            process.wait()


class Deadly(ThreadingHTTPServer):
    """A source that knows every place, and kills some of those who ask."""

    daemon_threads = True
    request_queue_size = 128
    workers: Workers

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.chance = Random(7)


class Answering(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Deadly

    def do_GET(self) -> None:
        """Answer, or kill."""
        name = parse_qs(urlsplit(self.path).query)["name"][0]
        poison = name.startswith("Poison")
        while poison or self.server.chance.random() < KILLED:
            if self.server.workers.kill_asker(self.client_address[1], "poison" if poison else "asking"):
                return
        body = json.dumps({"name": name}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def environment(processes: Processes) -> Iterator[dict[str, str]]:  # noqa: F811 - the fixture
    """Give the environment of a function whose table and queues are there."""
    server = servers.embedded_aws(processes)
    server.wait()
    made = servers.environment_of(server) | {
        "PYTHONPATH": str(ROOT),
        "FANIN_JOBS": "jobs",
        "FANIN_ALLOW": "127.0.0.0/8:*",
    }
    aws = BlockingAws(made, tls_context())
    aws.call("dynamodb", "CreateTable", TABLE, timeout=30)
    dead = aws.call("sqs", "CreateQueue", {"QueueName": "dead"}, timeout=30)["QueueUrl"]
    attributes: dict[str, Any] = {"QueueUrl": dead, "AttributeNames": ["QueueArn"]}
    arn = aws.call("sqs", "GetQueueAttributes", attributes, timeout=30)["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 10})
    asked: dict[str, Any] = {"QueueName": "jobs", "Attributes": {"VisibilityTimeout": "30", "RedrivePolicy": policy}}
    queue = aws.call("sqs", "CreateQueue", asked, timeout=30)["QueueUrl"]
    yield made | {"FANIN_JOBS_QUEUE": queue, "FANIN_DEAD_LETTERS": dead}
    aws.close()


@pytest.fixture
def workers(environment: dict[str, str], tmp_path: Path) -> Iterator[Workers]:
    (tmp_path / "fanin.toml").write_text(FILE)
    server = Deadly()
    environment["FANIN_VAR_PLACES"] = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.workers = Workers(tmp_path, environment, environment["FANIN_JOBS_QUEUE"])
    yield server.workers
    server.workers.end()
    server.shutdown()
    server.server_close()


def test_a_thousand_jobs(workers: Workers) -> None:
    environment, chance, began = workers.environment, Random(1), time.monotonic()
    aws = BlockingAws(environment, tls_context())
    queue = environment["FANIN_JOBS_QUEUE"]
    jobs = asyncio.run(_handed_in(environment, workers.folder))
    junk = {f"junk {number}" for number in range(JUNK)}
    again = [task_of(RunJob(job_id)).encode() for job_id in jobs if chance.random() < DUPLICATED]
    for body in [*junk, *again]:
        delay = chance.randrange(60)
        aws.call("sqs", "SendMessage", {"QueueUrl": queue, "MessageBody": body, "DelaySeconds": delay}, timeout=30)

    recorded: dict[str, Any] = {}
    while True:
        workers.keep_up()
        records = _records(aws)
        for job_id, job in records.items():
            if job["state"] in ENDED:
                end = (job["state"], job["status"], job["kept"], job["ended"])
                assert recorded.setdefault(job_id, end) == end, "a recorded end has changed"
        states = Counter(job["state"] for job in records.values())
        print(f"{time.monotonic() - began:6.0f} s {dict(states)} killed {dict(workers.kills)}", flush=True)  # noqa: T201 - a soak tells how far it is
        if not states["queued"] + states["running"]:
            break
        assert time.monotonic() - began < WITHIN
        if chance.random() < 0.15:
            workers.kill(chance.choice(list(workers.running.values())), "at random")
        time.sleep(3)

    assert records.keys() == jobs.keys(), "lost"
    poisonous = {job_id for job_id, poison in jobs.items() if poison}
    assert {job_id for job_id in jobs if records[job_id]["state"] == "dead"} == poisonous
    others = Counter((records[job_id]["state"], records[job_id]["status"]) for job_id in jobs.keys() - poisonous)
    assert others.keys() <= {("succeeded", 200), ("failed", 504)}, "504: on a busy machine the source took too long"
    assert others["succeeded", 200] > 0.98 * others.total()
    said = _recorded(workers.folder)
    assert set(said.values()) == {1}, "recorded twice"
    letters = _until_all_are_there(aws, environment["FANIN_DEAD_LETTERS"], junk, poisonous)
    assert all(reason for _, reason in letters)
    assert {json.loads(body)["id"] for body, _ in letters if body not in junk} == poisonous
    runs, kills = sum(job["runs"] for job in records.values()), sum(workers.kills.values())
    print(  # noqa: T201 - the figures are what it is run for
        f"{JOBS} jobs, {len(poisonous)} poisonous, {JUNK} messages that are none, {len(again)} duplicates: "
        f"{runs} runs, {kills} workers killed {dict(workers.kills)}, {len(letters)} dead letters, 0 lost, "
        f"0 recorded twice, {time.monotonic() - began:.0f} s"
    )
    assert kills > JOBS * KILLED / 2


async def _handed_in(environment: Mapping[str, str], folder: Path) -> dict[str, bool]:
    """Hand all jobs in, as the gateway does; give for each whether it is poison."""

    async def secret(name: str) -> str:
        raise LookupError(name)

    config = load(folder / "fanin.toml", environment)
    tls, resolver = tls_context(), Resolver(AddressGuard(""))
    around = Around(config, environment, Surroundings(), resolver, tls, lambda: Aws(environment, tls), secret)
    desk = desk_of(around, {})
    assert desk
    jobs = {}
    for number in range(JOBS):
        poison = number % (JOBS // POISONOUS) == 0 and number // (JOBS // POISONOUS) < POISONOUS
        order = desk.orders.order("place", {"name": f"{'Poison' if poison else 'Place'} {number}"})
        jobs[(await desk.accept(order, "", f"key {number}")).id] = poison
    return jobs


def _records(aws: BlockingAws) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    start: dict[str, Any] = {}
    while True:
        page = aws.call("dynamodb", "Scan", {"TableName": "jobs", "ConsistentRead": True, **start}, timeout=60)
        jobs = (json.loads(item["job"]["S"]) for item in page["Items"] if "job" in item)
        found |= {job["id"]: job for job in jobs}
        if "LastEvaluatedKey" not in page:
            return found
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _recorded(folder: Path) -> Counter[str]:
    """Count how often each job's end was recorded, as the workers said before they were killed."""
    lines = (line for file in folder.glob("*.log") for line in file.read_text(errors="replace").splitlines())
    said = (json.loads(line) for line in lines if line.startswith("{") and line.endswith("}"))
    return Counter(line["job"] for line in said if line.get("message") == "job" and line["recorded"])


def _until_all_are_there(aws: BlockingAws, url: str, junk: set[str], poisonous: set[str]) -> list[tuple[str, str]]:
    """Read dead letters and their reasons until there is one for every message that is none and every poison."""
    found: list[tuple[str, str]] = []
    wanted: dict[str, Any] = {
        "QueueUrl": url,
        "MessageAttributeNames": ["All"],
        "MaxNumberOfMessages": 10,
        "VisibilityTimeout": 600,
    }
    ends = time.monotonic() + 120
    while True:
        for letter in aws.call("sqs", "ReceiveMessage", wanted, timeout=30).get("Messages", []):
            reason = letter.get("MessageAttributes", {}).get("reason", {}).get("StringValue", "")
            found.append((letter["Body"], reason))
        bodies = {body for body, _ in found}
        if junk <= bodies and poisonous <= {json.loads(body)["id"] for body in bodies - junk}:
            return found
        assert time.monotonic() < ends, "poison is missing among the dead letters"
