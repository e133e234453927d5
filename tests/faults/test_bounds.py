"""Whatever every upstream of `fanin.toml` does at once, a function answers in time, and the next request as ever."""

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from fanin.engine.outcome import Outcome, Span
from fanin.local.upstream.client import UpstreamClient
from tests.contract.ask import Ask, Question, Reply
from tests.contract.cases import ENDPOINT_TIMEOUT
from tests.contract.models import ask_all

SOURCES = 6
CAP = 2_000_000
"""Bytes; the default of `max_bytes`."""
_TRIP = Question("/trip/Lisbon")
FAULTS = ("endless", "reset", "truncated")
LATEST = ENDPOINT_TIMEOUT * 1.5
"""Seconds: one after another, the calls' own timeouts are twice as long as the endpoint's."""
BEHIND_GEO = ("open-meteo", "open-meteo-air-quality", "countries-dev", "wikipedia")


def _all_but_geo(rule: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return dict.fromkeys(BEHIND_GEO, rule)


@pytest.mark.parametrize("fault", FAULTS)
def test_answers_by_the_deadline(ask: Ask, upstream: UpstreamClient, fault: str) -> None:
    """With the geocoding sound and every other source at fault, the answer is partial and inside the deadline."""
    upstream.rules(_all_but_geo({"fail": fault}))
    reply = ask(_TRIP)
    assert reply.seconds < LATEST
    assert reply.status == 200
    assert reply.headers["fanin-complete"] == "?0"
    assert set(reply.body["errors"]) == {"weather", "air", "country", "rates", "summary"}


@pytest.mark.parametrize("fault", ["endless", "huge"])
def test_memory_is_bounded_by_the_caps(ask: Ask, upstream: UpstreamClient, fault: str) -> None:
    """Bodies without an end cost no more memory than the sources' caps allow, and nothing once the answer is out."""
    ask(_TRIP)
    upstream.rules(_all_but_geo({"fail": fault}))
    gc.disable()
    tracemalloc.start()
    try:
        for _ in range(3):
            ask(_TRIP)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()
    assert peak < CAP * SOURCES
    assert kept < CAP


@pytest.mark.parametrize("fault", [None, "garbage", "huge", "reset", "truncated"])
def test_a_request_leaves_no_cycles(ask: Ask, upstream: UpstreamClient, model: str, fault: str | None) -> None:
    """Django's handlers do leave some, with all that a request held: its function says so to `init_phase.ended`."""
    upstream.rules(_all_but_geo({"fail": fault}) if fault else {})
    ask(_TRIP)
    gc.disable()
    gc.freeze()  # what there is, garbage included: only what this request leaves is looked for, and looked at
    try:
        ask(_TRIP)
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        left = [each for each in gc.garbage if isinstance(each, Outcome | Span)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert bool(left) == model.startswith("django")


@pytest.fixture(scope="module")
def slowed(
    functions: dict[str, Ask], upstream: UpstreamClient, one_at_a_time: Callable[[str], str]
) -> tuple[dict[str, Reply], dict[str, Reply]]:
    """Ask every model while the sources drip, and again once they are sound; what waits for a timeout waits once."""
    upstream.rules(_all_but_geo({"fail": "drip"}))
    at_fault = ask_all(functions, _TRIP, one_at_a_time)
    upstream.reset()
    return at_fault, ask_all(functions, _TRIP, one_at_a_time)


def test_a_slow_fault_does_not_slow_the_next_request(
    model: str, slowed: tuple[dict[str, Reply], dict[str, Reply]]
) -> None:
    """After a request full of faults the next one is complete, and each source is asked and answers."""
    at_fault, after = (replies[model] for replies in slowed)
    assert at_fault.seconds < LATEST
    assert after.headers["fanin-complete"] == "?1"
    assert set(after.sources.values()) == {"fresh"}


def test_connections_are_kept(ask: Ask, upstream: UpstreamClient) -> None:
    """A request takes those of the requests before it: there are no more than calls under way at once."""
    upstream.reset()
    for _ in range(5):
        ask(_TRIP)
    assert sum(upstream.calls().values()) == 5 * SOURCES
    assert upstream.connections() <= len(BEHIND_GEO)
