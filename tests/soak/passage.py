"""What the jobs' function reaches AWS and its source through: it sees all that is written, and kills some who ask.

A worker is killed before what it asks for is done, or when it is done and not yet answered: between any two steps.
"""

import http.client
import json
import sys
from collections import Counter
from dataclasses import dataclass
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from threading import Lock
from typing import Any, override
from urllib.parse import parse_qs, urlsplit

from tests.stack.environments import Environments

DENSE = Random(3).randbytes(450_000).hex()
"""What makes an answer too large for the table, however it is compressed."""
_PATIENCE = 60.0
_LOOKS = 10
"""How often a connection is looked up: the list of them is not read at one moment, and may lack one."""


class Kill(Enum):
    """When whoever asks is killed."""

    BEFORE = "before"
    BEHIND = "behind"


@dataclass(frozen=True)
class Step:
    """What a worker asks for.

    Args:
        name: the operation of AWS's, or `place` for the source.
        place: the place that the source is asked for, or whose answer is put into the bucket.
    """

    name: str
    place: str = ""


class Passage(ThreadingHTTPServer):
    """A server that hands on to AWS, and is the source.

    The source knows every place: of one whose name has `large` in it, too much for the table. Until all is mended, who
    asks for a `deadly` place is killed each time, and what is told of an `unkept` one is refused by the bucket.

    Args:
        aws: where AWS is.
        environments: those of the function.
        killed: the share of all steps that have who asks for them killed.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, aws: str, environments: Environments, killed: float) -> None:
        super().__init__(("127.0.0.1", 0), Crossing)
        self.aws = urlsplit(aws)
        self.mended = False
        self.kills: Counter[str] = Counter()
        self.written: list[dict[str, Any]] = []
        self.ports: set[int] = set()
        self._environments = environments
        self._killed = killed
        self._randomness = Random(7)
        self._lock = Lock()

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://127.0.0.1:{self.server_port}"

    def fate(self, step: Step) -> Kill | None:
        """Decide whether who asks for a step is killed."""
        with self._lock:
            if step.place.startswith("deadly") and not self.mended:
                return Kill.BEFORE
            if self.mended or self._randomness.random() >= self._killed:
                return None
            return self._randomness.choice([Kill.BEFORE, Kill.BEHIND])

    def refused(self, step: Step) -> bool:
        """Tell whether the bucket refuses a step."""
        return step.name == "PutObject" and step.place.startswith("unkept") and not self.mended

    def kill(self, port: int, why: str) -> None:
        """Kill who is connected from a port, if they are still there."""
        looks = (self._environments.behind(port, self.server_port) for _ in range(_LOOKS))
        process = next((found for found in looks if found), None)
        with self._lock:
            if process and self._environments.kill(process):
                self.kills[why] += 1

    def kill_any(self) -> None:
        """Kill one of those who are connected, whatever they do; an environment that is asked to do nothing is, too."""
        if (ports := sorted(self.ports)) and not self.mended:
            self.kill(self._randomness.choice(ports), "at any moment")

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of connections whose other end was killed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def note(self, step: Step, body: bytes) -> None:
        """Note a job that was written."""
        item = json.loads(body)["Item"] if step.name == "PutItem" else {}
        if "job" in item:
            self.written.append(json.loads(item["job"]["S"]))


class Crossing(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or a body waits 40 ms for the acknowledgement of its head
    server: Passage

    @override
    def handle(self) -> None:
        """Serve it."""
        self.server.ports.add(self.client_address[1])
        try:
            super().handle()
        finally:
            self.server.ports.discard(self.client_address[1])

    def do_GET(self) -> None:
        """Tell of a place."""
        self._cross(Step("place", parse_qs(urlsplit(self.path).query)["name"][0]), b"")

    def do_POST(self) -> None:
        """Hand an operation of a JSON protocol on."""
        self._cross(Step(self.headers["X-Amz-Target"].rpartition(".")[2]), self._body())

    def do_PUT(self) -> None:
        """Hand an object on."""
        body = self._body()
        self._cross(Step("PutObject", json.loads(body)["place"]["name"]), body)

    @override
    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _cross(self, step: Step, body: bytes) -> None:
        fate = self.server.fate(step)
        if fate is Kill.BEFORE:
            self._kill(step, fate)
            return
        status, content = self._answer(step, body)
        if fate is Kill.BEHIND:
            self._kill(step, fate)
            return
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _kill(self, step: Step, when: Kill) -> None:
        why = "deadly" if step.place.startswith("deadly") else f"{when.value} {step.name}"
        self.server.kill(self.client_address[1], why)
        self.close_connection = True

    def _answer(self, step: Step, body: bytes) -> tuple[int, bytes]:
        if step.name == "place":
            large = step.place.startswith(("large", "unkept"))
            return 200, json.dumps({"name": step.place} | ({"all": DENSE} if large else {})).encode()
        if self.server.refused(step):
            return 403, b"<Error><Code>AccessDenied</Code><Message>not this one</Message></Error>"
        connection = http.client.HTTPConnection(self.server.aws.netloc, timeout=_PATIENCE)
        try:
            connection.request(self.command, self.path, body, dict(self.headers))
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.status == 200:
            self.server.note(step, body)
        return response.status, content
