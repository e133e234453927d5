"""Calls in threads end in time, as outcomes of a known type, and leave neither sockets nor more and more threads."""

import threading
from collections.abc import Iterator

import pytest

from tests.contract.ask import Ask, Question
from tests.faults.faults import BY_PATH
from tests.faults.faults import TIMEOUT as TIMED_OUT
from tests.faults.process import FaultServer, eventually, serving, sockets

TIMEOUT = 0.3
"""Seconds that a call may take."""
FAULTS = (
    "late",
    "late-body",
    "hang",
    "hang-in-body",
    "drip-headers",
    "drip-body",
    "endless-header",
    "endless-body",
    "bomb",
    "gzip-cut-short",
    "json-ok",
)
CALLS = 8
MODELS = 2
"""Each has threads of its own, which stay for later requests."""

threads_before: set[threading.Thread] = set()


@pytest.fixture(scope="module")
def functions(faults: FaultServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ask]]:
    """Serve eight calls of any fault."""
    threads_before.update(threading.enumerate())
    names = [f"s{number}" for number in range(CALLS)]
    url = faults.url("answers", "{fault}")
    toml = "".join(f'[sources.{name}]\nurl = "{url}"\ntimeout = "{TIMEOUT * 1000:.0f}ms"\n' for name in names)
    toml += f'[endpoints.eight]\npath = "/eight/{{fault}}"\nsources = {names}\n'
    with serving(toml, tmp_path_factory.mktemp("threads")) as served:
        yield served


@pytest.mark.parametrize("model", ["threads", "sync-threads"])
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_a_typed_outcome_in_time_and_leaves_nothing(
    functions: dict[str, Ask], model: str, fault: str
) -> None:
    """Eight calls that time out do so at once: their times add up to far more than the request's."""
    open_before = sockets()
    reply = functions[model](Question(f"/eight/{fault}"))
    assert set(reply.sources.values()) <= BY_PATH[fault].comes_to
    assert len(reply.sources) == CALLS
    if BY_PATH[fault].comes_to == TIMED_OUT:
        assert reply.seconds < sum(reply.durations) / 2
    made = [thread for thread in set(threading.enumerate()) - threads_before if thread.name.startswith("call")]
    assert len(made) <= CALLS * MODELS
    assert eventually(lambda: sockets() <= open_before + CALLS)
