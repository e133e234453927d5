"""The same events by AWS's own emulator and by the Runtime API of these tests: the runtime answers them alike."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fanin.local.runtime.function_url import event_of
from tests.runtime.emulator import PROGRAM, Emulated, Emulator, emulated
from tests.runtime.running import Running, Runtimes, running

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="SAM has no emulator of AWS's for this machine")

EVENTS: dict[str, Any] = {
    "whole": event_of("GET", "/health", {}),
    "stream": event_of("GET", "/e", {"accept": "application/x-ndjson"}),
    "stream of events": event_of("GET", "/e", {"accept": "text/event-stream"}),
    "cookies, and no body": event_of("GET", "/cookies", {}),
    "head": event_of("HEAD", "/health", {}),
    "problem": event_of("GET", "/nowhere", {}),
    "finished": event_of("GET", "/e", {"accept": "text/event-stream", "last-event-id": "fanin-complete"}),
    "not HTTP": {"Records": [{"messageId": "a"}]},
}
_IDS = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIMES = re.compile(rb"(began|duration)\\?\":[0-9.]+")
_LENGTHS = re.compile(rb"[Cc]ontent-[Ll]ength\":\"[0-9]+")


@pytest.fixture(scope="module")
def signs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("signs")


@pytest.fixture(scope="module")
def runtimes(signs: Path) -> Iterator[Runtimes]:
    started = Runtimes(signs)
    try:
        yield started
    finally:
        started.close()


@pytest.fixture(scope="module", params=["", "url"], ids=["whole", "streaming"])
def door(request: pytest.FixtureRequest) -> str:
    given: str = request.param
    return given


@pytest.fixture(scope="module")
def emulator(door: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("emulated")
    for name in ("quick", "slow"):
        (folder / name).touch()
    with emulated(folder, FANIN_STREAM=door) as running_emulator:
        yield running_emulator


def told(body: bytes) -> bytes:
    """Take from an answer what no two have alike: ids of requests, times, and the lengths of what has times in it."""
    return _LENGTHS.sub(b"LENGTH", _TIMES.sub(b"TIME", _IDS.sub(b"ID", body)))


@pytest.mark.parametrize("event", EVENTS)
def test_both_are_answered_alike(event: str, door: str, emulator: Emulator, runtimes: Runtimes) -> None:
    async def test(at: Running) -> None:
        for name in ("quick", "slow"):
            (at.signs / name).touch()
        answered = await at.service.invoke(EVENTS[event])
        ours = Emulated(200, told(await answered.whole()))
        theirs = await emulator.answer(EVENTS[event])
        assert theirs._replace(body=told(theirs.body)) == ours
        assert (b"\0" * 8 in ours.body) == (answered.mode == "streaming") == (door == "url" and event != "not HTTP")

    runtimes.run(test, door)


def test_a_stream_that_breaks_is_no_answer(door: str, emulator: Emulator) -> None:
    """The emulator itself fails at the trailers: it begins another environment, and shows nothing of what was sent."""
    broken = emulator.invoke(event_of("GET", "/cut", {}))
    assert (broken.status, json.loads(broken.body).get("statusCode")) == ((502, None) if door else (200, 500))
    assert b"client's data" not in broken.body
    assert emulator.invoke(EVENTS["whole"]).status == 200


def test_a_handlers_failure_is_reported_alike(runtimes: Runtimes, tmp_path: Path) -> None:
    async def test(at: Running) -> None:
        answered = await at.service.invoke({"fails": True})
        ours = json.loads(await answered.whole())
        with emulated(tmp_path, "application.plain") as emulator:
            theirs = await emulator.answer({"fails": True})
        assert (json.loads(theirs.body), ours["errorType"]) == (ours, "Runtime.KeyError")

    runtimes.run(test, handler="application.plain")


def test_a_failure_of_the_init_phase_is_reported_alike(tmp_path: Path) -> None:
    async def whole() -> dict[str, Any] | None:
        async with running(tmp_path, FAILS="1") as at:
            return at.service.init_error

    with emulated(tmp_path, FAILS="1") as emulator:
        theirs = emulator.invoke(EVENTS["whole"])
    ours = asyncio.run(whole())
    assert ours
    assert (theirs.status, json.loads(theirs.body)) == (502, ours)
    assert ours["errorType"] == "Runtime.ValueError"
