"""Every execution model of the process keeps the contract, however FastAPI and Django are put together."""

import pytest

from fanin.local.upstream.process import Upstream
from tests.contract.ask import Ask, Question
from tests.contract.cases import CASES, RAW_PATHS, Case


@pytest.mark.parametrize(
    "case", [*RAW_PATHS, *(case for case in CASES if not case.upstream)], ids=lambda case: case.rule
)
def test_keeps_the_contract(case: Case, functions: dict[str, Ask], upstream: Upstream) -> None:
    upstream.reset()
    for ask in functions.values():
        case.check(ask(case.question))


def test_a_failing_source_is_a_partial_answer_in_all(functions: dict[str, Ask], upstream: Upstream) -> None:
    upstream.rules({"open-meteo": {"fail": "reset"}})
    for ask in functions.values():
        reply = ask(Question("/trip/Lisbon"))
        assert (reply.status, reply.sources["weather"]) == (200, "source-unavailable")


def test_what_is_neithers_is_refused_in_the_contracts_words(functions: dict[str, Ask]) -> None:
    for path in ("/admin/nowhere", "/djangology", "/django", "/static/nowhere", "/administration"):
        reply = functions["gateway"](Question(path))
        assert reply.status in {302, 404}
        assert reply.headers["x-request-id"]


def test_the_admin_is_found_without_its_slash(functions: dict[str, Ask]) -> None:
    reply = functions["gateway"](Question("/admin"))
    assert (reply.status, reply.headers["location"]) == (302, "/admin/")


def test_what_is_fastapis_alone_is_there(functions: dict[str, Ask]) -> None:
    for path in ("/health", "/docs", "/openapi.json"):
        assert functions["gateway"](Question(path)).status == 200
