"""Every execution model keeps the contract, asked with events in this process."""

from collections.abc import Callable

import pytest

from fanin.local.upstream.client import UpstreamClient
from tests.contract.ask import Ask, Question, Reply
from tests.contract.cases import CASES, Case
from tests.contract.models import MODELS

_BEHIND_GEO = ("open-meteo", "open-meteo-air-quality", "countries-dev", "wikipedia")
"""The APIs that trip asks for four of its sources, none of which waits for another of them."""


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


def test_the_answer_to_head_has_the_headers_of_the_answer_to_get(ask: Ask, upstream: UpstreamClient) -> None:
    """The length of the body that it leaves out among them."""
    upstream.reset()
    for target in ("/trip/Lisbon", "/forecast/Lisbon", "/trip/L", "/nowhere"):
        got, head = ask(Question(target)), ask(Question(target, method="HEAD"))
        assert (head.status, head.content) == (got.status, b"")
        assert head.headers.keys() == got.headers.keys()
        assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.content))


def test_calls_are_made_at_once_or_one_after_another(
    model: str, functions: dict[str, Ask], upstream: UpstreamClient
) -> None:
    """As the execution model says, what does not wait for each other is with its APIs at the same time."""
    at_once = MODELS[model].at_once
    upstream.reset()
    delay = 500 if at_once else 50
    upstream.rules({api: {"delay": delay} for api in _BEHIND_GEO})
    reply = functions[model](Question("/trip/Lisbon"))
    assert reply.headers["fanin-complete"] == "?1"
    assert upstream.at_once() == (len(_BEHIND_GEO) if at_once else 1)


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
