"""Name servers that hang hold up no source whose name is answered."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.contract.ask import Question
from tests.faults.process import FaultServer, serving

HANGING = 100
HEALTHY = 10
TIMEOUT = "1500ms"
"""Of the sources whose names hang."""
SOONER = "1400ms"
"""Of the others: they would time out, too, if they waited for one that hangs."""


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Answer for names that begin with `healthy` with loopback, and for `hangs` not before the event is set."""
    go = threading.Event()

    def getaddrinfo(host: str, port: int, *_: object, **__: object) -> list[Any]:
        if host.startswith("hangs"):
            go.wait(30)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield go
    go.set()


def _toml(port: int) -> str:
    hanging = [f"h{number}" for number in range(HANGING)]
    healthy = [f"a{number}" for number in range(HEALTHY)]
    lines = [
        f'[sources.{name}]\nurl = "http://hangs{name}.example:{port}/json-ok"\ntimeout = "{TIMEOUT}"'
        for name in hanging
    ]
    lines += [
        f'[sources.{name}]\nurl = "http://healthy{name}.example:{port}/json-ok"\ntimeout = "{SOONER}"'
        for name in healthy
    ]
    lines.append(f'[endpoints.both]\npath = "/both"\nsources = {hanging + healthy}')
    lines.append(f'[endpoints.healthy]\npath = "/healthy"\nsources = {healthy}')
    lines += [f'[endpoints.{name}]\npath = "/{name}"\nsources = ["{name}"]' for name in hanging]
    return "\n".join(lines)


@pytest.mark.usefixtures("names")
def test_in_one_request(faults: FaultServer, tmp_path: Path) -> None:
    """The gateway asks them all at once."""
    with serving(_toml(faults.ports["answers"]), tmp_path) as functions:
        reply = functions["gateway"](Question("/both"))
        assert reply.body["errors"].keys() == {f"h{number}" for number in range(HANGING)}
        assert {error["title"] for error in reply.body["errors"].values()} == {"Source timed out"}
        reply = functions["gateway"](Question("/healthy"))
        assert reply.headers["fanin-complete"] == "?1"


def test_in_requests_at_once(faults: FaultServer, tmp_path: Path, names: threading.Event) -> None:
    """Of the sync function, while others of its requests hang; their threads end with the look-ups."""
    threads = threading.active_count()
    with serving(_toml(faults.ports["answers"]), tmp_path) as functions, ThreadPoolExecutor(32) as requests:
        hanging = [requests.submit(functions["sync"], Question(f"/h{number}")) for number in range(32)]
        reply = functions["sync"](Question("/healthy"))
        assert reply.headers["fanin-complete"] == "?1"
        assert {each.result().sources[f"h{number}"] for number, each in enumerate(hanging)} == {"source-timeout"}
        names.set()
    for thread in threading.enumerate():
        if thread.name.startswith("resolve"):
            thread.join(30)
    assert threading.active_count() <= threads
