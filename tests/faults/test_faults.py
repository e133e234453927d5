"""Whatever an upstream does, each call ends in time as an outcome of a known type, and leaves nothing.

No clock says what is in time: answers that are late by little are sound, and a call that waits for one comes to another
outcome.

`make test` makes five calls at once of some faults of every kind, since how each is read is tested without sockets
(test_reading.py); FANIN_FAULTS="1 5 20" makes one, five and twenty of every fault.
"""

import asyncio
import os
import threading
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from fanin.entrypoints.aws_lambda import asgi, handler
from tests.contract.ask import Ask, Question, Reply
from tests.faults import faults as faulty
from tests.faults.faults import BY_PATH, BY_PORT, ENDLESS_BODIES, ENDLESS_HEADS, FEW
from tests.faults.process import FaultServer, eventually, serving, sockets

AT_ONCE = [int(count) for count in os.environ.get("FANIN_FAULTS", "5").split()]
TIMEOUT = 0.3
"""Seconds that a call may take; `faults.LATE` is more."""
LONG = 10.0
"""Seconds that one may take whose connection ends it: a handshake takes a busy machine a while."""
CAP = 1_000_000
"""Bytes that an answer may have."""
ON_ITS_WAY = 330_000
"""Bytes of an answer that have been read and not decoded yet: compressed, and uncompressed."""
COUNTS = {1: "one", 5: "five", 20: "twenty"}
ASKED = BY_PATH if "FANIN_FAULTS" in os.environ else FEW
EXPECTED = {name: fault.comes_to for name, fault in ASKED.items()} | BY_PORT

KEPT = 4 * max(AT_ONCE) + 10
"""Sockets that may stay open: those of both functions to two healthy hosts, and a few."""

open_before: list[int] = []
"""How many sockets were open before any call."""
left_over: list[int] = []
"""How many tasks each request to the gateway has left."""


@pytest.fixture(scope="module")
def functions(faults: FaultServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ask]]:
    """Serve one, five and twenty calls of each fault."""
    folder = tmp_path_factory.mktemp("faults")
    with pytest.MonkeyPatch.context() as patch:
        end_leftovers = handler.end_leftovers

        def count(loop: asyncio.AbstractEventLoop) -> None:
            left_over.append(len(asyncio.all_tasks(loop)))
            end_leftovers(loop)

        patch.setattr(asgi, "end_leftovers", count)
        with serving(_toml(faults), folder, authority=faults.authority) as served:
            open_before[:] = [sockets()]
            yield served


def _toml(faults: FaultServer) -> str:
    """Write sources for the faults by path, whose name is a parameter, and for each fault with a port of its own."""
    urls = {"answers": faults.url("answers", "{fault}")} | {name: faults.url(name) for name in BY_PORT}
    lines = []
    for number, (name, url) in enumerate(urls.items()):
        sources = [f"s{number}_{call}" for call in range(20)]
        seconds = TIMEOUT if "source-timeout" in BY_PORT.get(name, faulty.TIMEOUT) else LONG
        limits = f'timeout = "{seconds * 1000:.0f}ms"\nmax_bytes = "{CAP}B"'
        lines += [f'[sources.{source}]\nurl = "{url}"\n{limits}' for source in sources]
        for count, word in COUNTS.items():
            path = f"/{word}/{{fault}}" if name == "answers" else f"/{word}-{name}"
            lines.append(f'[endpoints.e{number}_{word}]\npath = "{path}"\nsources = {sources[:count]}')
    return "\n".join(lines)


def calls(functions: dict[str, Ask], function: str, fault: str, count: int) -> list[Reply]:
    """Make calls of a fault at once: in the gateway as the sources of one request, in the sync function in threads."""

    def path(word: str) -> str:
        return f"/{word}/{fault}" if fault in BY_PATH else f"/{word}-{fault}"

    if function == "gateway":
        return [functions["gateway"](Question(path(COUNTS[count])))]
    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(functions["sync"], [Question(path("one"))] * count))


@pytest.mark.parametrize("count", AT_ONCE)
@pytest.mark.parametrize("function", ["gateway", "sync"])
@pytest.mark.parametrize("fault", EXPECTED)
def test_every_fault_is_a_typed_outcome_in_time_and_leaves_nothing(
    functions: dict[str, Ask], function: str, fault: str, count: int
) -> None:
    """No call waits for what comes after its timeout, no error is fanin's own, and nothing stays open."""
    threads = threading.active_count()
    left_over.clear()
    for reply in calls(functions, function, fault, count):
        assert "fanin-sources" in reply.headers, reply.body
        assert set(reply.sources.values()) <= EXPECTED[fault], reply.sources
    assert not any(left_over)
    assert eventually(lambda: sockets() <= open_before[0] + KEPT)
    assert threading.active_count() <= threads


SAID = {
    "refused": "cannot be reached",
    "accept-close": "closed the connection before its answer was whole",
    "close-in-body": "closed the connection before its answer was whole",
    "greeting": "answered with invalid HTTP: no status line of HTTP/1.0 or HTTP/1.1",
    "tls-plain": "cannot be reached: it makes no TLS connection",
    "tls-expired": "cannot be reached: its certificate has expired",
    "tls-wrong-name": "cannot be reached: its certificate is for another host",
    "tls-of-another-authority": "cannot be reached: its certificate is not trusted",
    "tls-cut": "closed the connection before its answer was whole",
}
"""What the details of some faults are."""
RESET_AT_ONCE = {"cannot be reached", "closed the connection before its answer was whole"}
"""What those of `accept-reset` may be: the reset comes before or after a client has seen that it is connected."""


@pytest.mark.parametrize("fault", [name for name, outcomes in EXPECTED.items() if outcomes == faulty.UNAVAILABLE])
def test_both_clients_say_the_same_of_a_fault(functions: dict[str, Ask], fault: str) -> None:
    """In the details of the problem, which name the source."""
    details = set()
    for function in ("gateway", "sync"):
        [reply] = calls(functions, function, fault, 1)
        [(source, problem)] = reply.body["sources"].items()
        details.add(problem["detail"].removeprefix(f"{source} "))
    if fault == "accept-reset":
        assert details <= RESET_AT_ONCE
    else:
        assert len(details) == 1, details
        assert fault not in SAID or details == {SAID[fault]}


@pytest.mark.parametrize("count", AT_ONCE)
@pytest.mark.parametrize("function", ["gateway", "sync"])
@pytest.mark.parametrize("fault", [name for name in ASKED if name in ENDLESS_HEADS | ENDLESS_BODIES or "hang" in name])
def test_memory_is_bounded_by_the_caps(functions: dict[str, Ask], function: str, fault: str, count: int) -> None:
    """Whatever comes: the cap of each call, and what is on its way into it."""
    calls(functions, function, "json-ok", count)
    tracemalloc.start()
    try:
        calls(functions, function, fault, count)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < (CAP + ON_ITS_WAY) * count + 100_000
