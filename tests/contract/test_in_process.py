"""Every execution model keeps the contract, asked with events in this process."""

from collections.abc import Callable

import pytest

from fanin.local.upstream.client import UpstreamClient
from tests.contract.ask import Ask, Question, Reply
from tests.contract.cases import CASES, Case
from tests.contract.models import MODELS

_CHAIN = 3
"""Sources on trip's longest chain: geo, country, rates."""
_SOURCES = 6
_DELAY = 0.3
_ALLOWANCE = 0.15
_TRIES = 10
"""One in time will do: a busy machine can hold up any of them, and lets none be early."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_keeps_the_contract(case: Case, model: str, replies: Callable[[Case], dict[str, Reply]]) -> None:
    """Each case is a rule of the contract."""
    case.check(replies(case)[model])


def test_all_bodies_are_equal(functions: dict[str, Ask], upstream: UpstreamClient) -> None:
    """The same question has the same body from each model, complete or refused."""
    upstream.reset()
    for target in ("/trip/Lisbon", "/trip/Tokyo", "/trip/Nairobi", "/air/Lisbon", "/forecast/Paris"):
        bodies = {ask(Question(target)).content for ask in functions.values()}
        assert len(bodies) == 1
    first, *others = [ask(Question("/forecast/L", "days=99")).body for ask in functions.values()]
    assert all(other == first for other in others)


def test_time_is_that_of_the_execution_model(model: str, functions: dict[str, Ask], upstream: UpstreamClient) -> None:
    """With every source slow, calls at once take the longest chain of dependencies, one after another the sum."""
    upstream.reset()
    functions[model](Question("/trip/Lisbon"))
    upstream.rules({"*": {"delay": int(_DELAY * 1000)}})
    least = (_CHAIN if MODELS[model].at_once else _SOURCES) * _DELAY
    seconds: list[float] = []
    while len(seconds) < _TRIES and not (seconds and seconds[-1] <= least + _ALLOWANCE):
        reply = functions[model](Question("/trip/Lisbon"))
        assert reply.headers["fanin-complete"] == "?1"
        seconds.append(reply.seconds)
    assert least <= min(seconds) <= least + _ALLOWANCE


def test_a_refused_request_makes_no_call(ask: Ask, upstream: UpstreamClient) -> None:
    """What is refused at the edge, or for its parameters, costs no upstream a call."""
    upstream.reset()
    ask(Question("/trip/L"))
    ask(Question("/forecast/Lisbon", "days=0"))
    assert sum(upstream.calls().values()) == 0


def test_health_asks_no_source(functions: dict[str, Ask], upstream: UpstreamClient) -> None:
    """/health says that the function runs, whatever the sources do."""
    upstream.reset()
    reply = functions["gateway"](Question("/health"))
    assert reply.status == 200
    assert reply.body == {"status": "ok"}
    assert sum(upstream.calls().values()) == 0


def test_a_handler_written_by_hand_answers_with_one_sources_json(
    functions: dict[str, Ask], upstream: UpstreamClient
) -> None:
    """/data is a source's JSON, under the contract's headers."""
    upstream.reset()
    reply = functions["gateway"](Question("/data", "city=Lisbon"))
    assert reply.status == 200
    assert reply.body["name"] == "Lisbon"
    assert reply.sources == {"geo": "fresh"}


def test_a_handler_written_by_hand_answers_with_the_sources_problem(
    functions: dict[str, Ask], upstream: UpstreamClient
) -> None:
    """/data hands on what went wrong, as a problem."""
    upstream.rules({"open-meteo-geocoding": {"fail": "reset"}})
    reply = functions["gateway"](Question("/data", "city=Lisbon"))
    assert reply.status == 502
    assert reply.body["type"].endswith("/source-unavailable")
    assert reply.sources == {"geo": "source-unavailable"}
