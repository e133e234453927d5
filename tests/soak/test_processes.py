"""Many processes that miss the same key ask the source once, or twice where one was slow to say that it does."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fanin.aws.client import Aws
from fanin.local.process.interrupts import Interrupts
from fanin.local.process.processes import Processes
from fanin.local.stack.servers import embedded_aws, environment_of
from fanin.sources.tls import tls_context
from tests.stores.resources import create_table

PROCESSES, READS = 10, 50
ROOT = Path(__file__).parents[2]


class Counting(ThreadingHTTPServer):
    """A source that takes 0.3 s, and counts."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.asked = 0
        self.lock = threading.Lock()


class Answering(BaseHTTPRequestHandler):
    server: Counting

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.asked += 1
        time.sleep(0.3)
        self.send_response(200)
        self.send_header("Content-Length", "8")
        self.end_headers()
        self.wfile.write(b'{"a": 1}')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def source() -> Iterator[Counting]:
    with Counting() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    """Run an embedded AWS with an empty table, whose conditional writes are one at a time as DynamoDB's are."""
    with Processes(Interrupts()) as processes:
        server = embedded_aws(processes)
        server.wait()
        own = environment_of(server) | {"AWS_REGION": "eu-west-1"}
        yield own | {"FANIN_TABLE": asyncio.run(_empty_table(own))}


async def _empty_table(environment: dict[str, str]) -> str:
    aws = Aws(environment, tls_context())
    try:
        return await create_table(aws, ("pk",))
    finally:
        await aws.aclose()


def test_500_misses_of_one_key_in_10_processes_come_to_two_calls_at_most(
    environment: dict[str, str], source: Counting, tmp_path: Path
) -> None:
    file = tmp_path / "fanin.toml"
    file.write_text(
        f'fanin = 1\n[sources.a]\nurl = "http://127.0.0.1:{source.server_port}/"\ncache = {{ fresh = "1m" }}\n'
        '[endpoints.e]\npath = "/e"\nsources = ["a"]\ntimeout = "20s"\n'
    )
    own = environment | {
        "FANIN_ALLOW": "127.0.0.0/8:*",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "tests.stores.missing", str(file), str(READS)]
    pipe = subprocess.PIPE
    processes = [
        subprocess.Popen(command, env=own, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) for _ in range(PROCESSES)
    ]
    try:
        assert [process.stdout.readline() for process in processes if process.stdout] == ["ready\n"] * PROCESSES
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        read = [int(process.communicate(timeout=60)[0]) for process in processes]
    finally:
        for process in processes:
            process.kill()
    assert read == [READS] * PROCESSES
    assert source.asked <= 2
