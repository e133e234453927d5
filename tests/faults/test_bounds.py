"""Whatever every upstream of `fanin.toml` does at once, a function answers in time, and the next request as ever."""

import gc
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from dev.upstream.client import UpstreamClient
from tests.contract.ask import Ask, Question
from tests.contract.cases import ENDPOINT_TIMEOUT, GRACE

SOURCES = 6
CAP = 2_000_000
"""Bytes; the default of `max_bytes`."""
_TRIES = 3
"""One in time will do: a busy machine can hold up any of them."""
FAULTS = ("endless", "reset", "truncated")
BEHIND_GEO = ("open-meteo", "open-meteo-air-quality", "countries-dev", "wikipedia")


def _all_but_geo(rule: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return dict.fromkeys(BEHIND_GEO, rule)


@pytest.mark.parametrize("fault", FAULTS)
def test_answers_by_the_deadline(ask: Ask, upstream: UpstreamClient, fault: str) -> None:
    """With the geocoding sound and every other source at fault, the answer is partial and inside the deadline."""
    upstream.rules(_all_but_geo({"fail": fault}))
    reply = ask(Question("/trip/Lisbon"))
    assert reply.seconds < ENDPOINT_TIMEOUT + GRACE
    assert reply.status == 200
    assert reply.headers["fanin-complete"] == "?0"
    assert set(reply.body["errors"]) == {"weather", "air", "country", "rates", "summary"}


@pytest.mark.parametrize("fault", ["endless", "huge"])
def test_memory_is_bounded_by_the_caps(ask: Ask, upstream: UpstreamClient, fault: str) -> None:
    """Bodies without an end cost no more memory than the sources' caps allow, and nothing once the answer is out."""
    ask(Question("/trip/Lisbon"))
    upstream.rules(_all_but_geo({"fail": fault}))
    gc.disable()
    tracemalloc.start()
    try:
        for _ in range(3):
            ask(Question("/trip/Lisbon"))
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert peak < CAP * SOURCES
    assert kept < CAP


def test_a_slow_fault_does_not_slow_the_next_request(ask: Ask, upstream: UpstreamClient) -> None:
    """After a request full of faults the next one is complete, and as fast as any."""
    upstream.rules(_all_but_geo({"fail": "drip"}))
    assert any(ask(Question("/trip/Lisbon")).seconds < ENDPOINT_TIMEOUT + GRACE for _ in range(_TRIES))
    upstream.reset()
    reply = ask(Question("/trip/Lisbon"))
    assert reply.headers["fanin-complete"] == "?1"
    assert reply.seconds < ENDPOINT_TIMEOUT / 2


def test_connections_are_kept(ask: Ask, upstream: UpstreamClient) -> None:
    """Nothing is connected anew, once there are as many as calls happened to be under way at once."""
    upstream.reset()
    assert any(_asked_without_connecting(ask) for _ in range(SOURCES + 2))


def _asked_without_connecting(ask: Ask) -> bool:
    before = _sockets()
    ask(Question("/trip/Lisbon"))
    return _sockets() == before


def _sockets() -> set[str]:
    """Name this process's sockets."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = str(entry.readlink())
        except OSError:
            continue
        if target.startswith("socket:"):
            found.add(target)
    return found
