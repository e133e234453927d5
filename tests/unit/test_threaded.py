"""fanin.engine.execution.threaded: all calls at once, each in a thread."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import ContextVar
from typing import Any

import pytest

from fanin.engine.aggregation import Aggregation
from fanin.engine.call import Call
from fanin.engine.document import Asked
from fanin.engine.execution.threaded import Threads
from fanin.engine.outcome import Outcome
from fanin.engine.plan import Plan
from fanin.engine.result import Result
from fanin.errors import NotFound, SourceTimeout
from tests.unit.scenario import config_of

CONFIG = config_of("""
[sources.geo]
url = "https://geo.example"
[sources.weather]
url = "https://weather.example/{geo.x}"
[sources.country]
url = "https://country.example/{geo.x}"
[sources.rates]
url = "https://rates.example/{country.x}"
[endpoints.e]
path = "/e"
sources = ["geo", "weather", "country", "rates"]
""")
SOON = 10.0
"""Seconds after which a wait is taken to be without end."""


def request() -> Aggregation:
    """Begin a request for the endpoint."""
    return Aggregation(Plan.of(CONFIG.endpoints["e"], CONFIG.sources), Asked({}), 10.0, lambda: 0.0)


def run(fetch: Callable[[Call], Outcome[Any]]) -> Result:
    """Run the endpoint's calls."""
    with closing(Threads(fetch, lambda: 0.0)) as threads:
        return threads.run(request())


def gives(call: Call) -> Outcome[Any]:
    """Answer at once."""
    return Outcome({"x": call.source.name})


def test_a_source_starts_the_moment_its_own_references_are_there() -> None:
    """There are no rounds: rates does not wait for weather, which here waits for rates."""
    asked = threading.Event()

    def fetch(call: Call) -> Outcome[Any]:
        if call.source.name == "rates":
            asked.set()
        if call.source.name == "weather":
            assert asked.wait(SOON)
        return Outcome({"x": call.source.name})

    result = run(fetch)
    assert {name: outcome.value for name, outcome in result.outcomes.items()} == {
        name: {"x": name} for name in ("geo", "weather", "country", "rates")
    }


def test_as_many_calls_run_at_once_as_an_endpoint_may_have_sources() -> None:
    """None waits for another's thread: here each waits until all have begun."""
    names = [f"s{number}" for number in range(256)]
    text = "".join(f'[sources.{name}]\nurl = "https://{name}.example"\n' for name in names)
    config = config_of(text + f'[endpoints.e]\npath = "/e"\nsources = {names}\n')
    everyone = threading.Barrier(len(names))

    def fetch(_: Call) -> Outcome[Any]:
        everyone.wait(SOON)
        return Outcome(1)

    aggregation = Aggregation(Plan.of(config.endpoints["e"], config.sources), Asked({}), 10.0, lambda: 0.0)
    with closing(Threads(fetch, lambda: 0.0)) as threads:
        result = threads.run(aggregation)
    assert not result.failures


def test_what_depends_on_a_failure_is_not_called() -> None:
    """The others are."""
    made: list[str] = []

    def fetch(call: Call) -> Outcome[Any]:
        made.append(call.source.name)
        if call.source.name == "country":
            return Outcome.failed(NotFound("country", "nothing"))
        return Outcome({"x": 1})

    assert set(run(fetch).failures) == {"country", "rates"}
    assert sorted(made) == ["country", "geo", "weather"]


def test_threads_are_used_again_and_end_with_their_owner() -> None:
    """However many requests there are, there are as many threads as calls at once, and in the end none."""
    before = set(threading.enumerate())
    with closing(Threads(gives, lambda: 0.0)) as threads:
        for _ in range(10):
            threads.run(request())
        assert len(set(threading.enumerate()) - before) <= 2
    assert set(threading.enumerate()) == before


def test_a_call_without_a_thread_is_given_up_at_the_deadline() -> None:
    """While another request's calls have them all; when they are free again, nothing is called any more."""
    now, taken, go = [0.0], threading.Event(), threading.Event()
    made: list[str] = []

    def fetch(call: Call) -> Outcome[Any]:
        made.append(call.source.name)
        taken.set()
        assert go.wait(SOON)
        return gives(call)

    with closing(Threads(fetch, lambda: now[0], most=1)) as threads, ThreadPoolExecutor(1) as other:
        hanging = other.submit(threads.run, request())
        assert taken.wait(SOON)
        now[0] = 10.0
        result = threads.run(request())
        go.set()
        hanging.result()
    assert {type(error.root) for error in result.failures.values()} == {SourceTimeout}
    assert result.outcomes["geo"].attempts == 0
    assert made.count("geo") == 1


def test_an_error_of_fanin_itself_ends_the_request_when_its_calls_have_ended() -> None:
    """It comes out, and leaves none running."""
    failed, ended = threading.Event(), threading.Event()

    def fetch(call: Call) -> Outcome[Any]:
        if call.source.name == "weather":
            failed.set()
            raise ZeroDivisionError
        if call.source.name == "country":
            assert failed.wait(SOON)
            ended.set()
        return gives(call)

    with closing(Threads(fetch, lambda: 0.0)) as threads:
        with pytest.raises(ZeroDivisionError):
            threads.run(request())
        assert ended.is_set()


def test_calls_see_the_context_of_their_request() -> None:
    """What is known of the request in its own thread is known in theirs."""
    served: ContextVar[str] = ContextVar("served")
    served.set("this")
    seen: list[str] = []

    def fetch(_: Call) -> Outcome[Any]:
        seen.append(served.get())
        return Outcome({"x": 1})

    run(fetch)
    assert seen == ["this"] * 4


def test_what_waits_for_a_thread_has_its_own_deadline() -> None:
    """An item's time may be over long before the request's: nothing else is given up for it."""
    config = config_of("""
    [sources.list]
    url = "https://list.example/{each.id}"
    for_each = "[{id: `1`}]"
    timeout = "1s"
    [sources.other]
    url = "https://other.example"
    [endpoints.e]
    path = "/e"
    sources = ["list", "other"]
    """)
    taken, asked = threading.Event(), threading.Event()

    def clock() -> float:
        """Give a moment behind the item's deadline, and before the request's."""
        asked.set()
        return 5.0

    def fetch(call: Call) -> Outcome[Any]:
        if call.source.name == "list":
            taken.set()
            assert asked.wait(SOON)
            time.sleep(0.05)  # the other has no thread when it is looked at
        return gives(call)

    aggregation = Aggregation(Plan.of(config.endpoints["e"], config.sources), Asked({}), 10.0, lambda: 0.0)
    with closing(Threads(fetch, clock, most=1)) as threads:
        result = threads.run(aggregation)
    assert taken.is_set()
    assert not result.failures
