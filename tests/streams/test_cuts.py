"""A stream that is cut, at whichever byte, is never taken for complete: not by the clients of docs/streams.md."""

import json
import os
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from fanin.local.layout import ROOT
from fanin.local.process import ports
from tests.streams.asking import EVENTS, LINES, ask
from tests.streams.test_arrivals import THREE, three
from tests.unit.scenario import fails, gives

_WITHIN = 60.0
"""Seconds that anything may take."""
_LIVE = """
import { stream } from %s;
const [base, cuts] = [process.argv[2], Number(process.argv[3])];
const hear = (cut) => new Promise((over) => {
  let sources = 0;
  stream(`${base}/${cut}`, {
    onSource: () => sources++,
    onProblem: (problem, name) => name ? sources++ : over([sources, problem.title]),
    onComplete: () => over([sources, "complete"]),
  });
});
console.log(JSON.stringify(await Promise.all(Array.from({ length: cuts + 1 }, (_, cut) => hear(cut)))));
"""


class Cutting:
    """A server that sends an answer up to a byte, which the path of the request names, and then ends the connection.

    Args:
        media_type: the answer's.
        chunks: the parts of its body.
    """

    def __init__(self, media_type: str, chunks: list[bytes]) -> None:
        self.head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        self.body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
        self._listening = ports.take(0)
        self._listening.listen()
        self.url = "http://{}:{}".format(*self._listening.getsockname())
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._answer, args=[connection], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(_WITHIN)
            # Node opens connections more than it uses.
            if found := re.match(rb"GET /([0-9]+) ", connection.recv(65536)):
                connection.sendall(self.head + self.body[: int(found[1])])

    def close(self) -> None:
        """End it."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(_WITHIN)


def cutting(media_type: str) -> Iterator[Cutting]:
    scripts = three(gives({"a": "\\n\n\x85\u2028\u2029é"}, 0.05), gives(2, 0.15), fails(after=0.4))
    told = ask(THREE, scripts, media_type)
    server = Cutting(media_type, [message["body"] for _, message in told.sent if message.get("body")])
    assert len(server.body) > 400
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def lines() -> Iterator[Cutting]:
    yield from cutting(LINES)


@pytest.fixture
def events() -> Iterator[Cutting]:
    yield from cutting(EVENTS)


def test_python_client_of_the_docs(lines: Cutting) -> None:
    page = (ROOT / "docs/streams.md").read_text()
    found = re.search(r"^In Python:\n\n```python\n(.+?)```", page, re.DOTALL | re.MULTILINE)
    assert found
    # One client for all: making one takes longer than all the rest.
    code = found[1].replace("http://127.0.0.1:3000/trip/Lisbon", f"{lines.url}/CUT").replace("httpx.stream", "stream")
    with httpx.Client() as client:
        for cut in range(len(lines.body) + 1):
            records: list[dict[str, Any]] = []
            with suppress(httpx.TransportError, json.JSONDecodeError):
                known = {"records": records, "stream": client.stream}
                exec(code.replace("CUT", str(cut)) + "        records.append(record)\n", known)
            assert_complete_if_whole([record["type"] for record in records], len(lines.body) - cut)


def assert_complete_if_whole(records: list[str], lacking: int) -> None:
    """Hold that the last record comes only behind all others; behind it there is only the end of the stream."""
    assert "complete" not in records or (records == ["source"] * 3 + ["complete"] and lacking <= len(b"\r\n0\r\n\r\n"))
    assert lacking or "complete" in records


@pytest.mark.skipif(not shutil.which("node"), reason="there is no Node")
def test_client_for_pages(events: Cutting) -> None:
    """One problem without a name for each stream that is cut, and all that was whole before it."""
    module = json.dumps((ROOT / "clients/fanin-live.js").as_uri())
    command = ["node", "--input-type=module", "-", events.url, str(len(events.body))]
    ran = subprocess.run(
        command,
        input=_LIVE % module,
        capture_output=True,
        text=True,
        timeout=_WITHIN,
        check=True,
        env={"PATH": os.environ["PATH"]},
    )
    heard = json.loads(ran.stdout)
    assert len(heard) == len(events.body) + 1
    for cut, (sources, what) in enumerate(heard):
        whole = cut >= len(events.body) - len(b"\r\n0\r\n\r\n")
        assert what == ("complete" if whole else "Stream broken"), cut
        assert sources == 3 or not whole, cut
    assert [count for count, _ in heard] == sorted(count for count, _ in heard)
