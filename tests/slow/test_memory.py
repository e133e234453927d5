"""Twenty hostile sources at once take no more memory than docs/policies.md says, and the answer is a typed one."""

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from fanin.local.layout import ROOT
from tests.unit.shapes import HOSTILE

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is Linux that counts the memory")

CAP = 2_000_000
"""Bytes; the default of `max_bytes`."""
SOURCES = 20
FACTOR = 10
"""What all sources' values and bodies take, in `max_bytes` of each."""
READING = 32
"""What the one answer that is being read takes besides, in its `max_bytes`."""
SHAPES = ("empty objects", "lists in lists", "digits", "decimals", "six keys of their own", "a text with an emoji")
FUNCTION = 512 * 1024 * 1024
"""Bytes of memory that a function has."""


@contextmanager
def answering(hostile: bytes) -> Iterator[int]:
    """Answer as gzip: with that, or, where the path says so, with something small. Gives the port."""

    small, large = gzip.compress(b"[]"), gzip.compress(hostile)

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = large if "hostile" in self.path else small
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        *(("/sync/all", shape) for shape in SHAPES),
        *((path, shape) for path in ("/all", "/threads/all", "/sync-threads/all") for shape in (SHAPES[0], SHAPES[-1])),
    ],
)
def test_a_request_takes_no_more_memory_than_documented(tmp_path: Path, shape: str, path: str) -> None:
    """Whatever the answers' shape, in every execution model, and within what a function of 512 MB has."""
    with answering(HOSTILE[shape](CAP)) as port:
        sources = "".join(
            f'[sources.s{n}]\nurl = "http://127.0.0.1:{port}/{{shape}}"\ntimeout = "25s"\n' for n in range(SOURCES)
        )
        listed = ", ".join(f'"s{n}"' for n in range(SOURCES))
        toml = f'fanin = 1\n{sources}[endpoints.all]\npath = "/all"\nsources = [{listed}]\ntimeout = "28s"\n'
        toml += '[endpoints.all.parameters]\nshape = { type = "string" }\n'
        (tmp_path / "fanin.toml").write_text(toml, encoding="utf-8")
        command = [sys.executable, "-m", "tests.faults.memory", str(tmp_path), path]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    status, problem, problems, grown, most = json.loads(ran.stdout.splitlines()[-1])
    assert grown <= FACTOR * SOURCES * CAP + READING * CAP
    assert most < FUNCTION
    if status == 502:
        assert problems == {f"s{n}": "source-too-large" for n in range(SOURCES)}
    else:
        assert (status, problem) == (500, "https://fanin.example/problems/response-too-large")
