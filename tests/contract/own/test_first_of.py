"""Sources with `first_of`: others are asked in order until one has a value."""

from collections.abc import Callable, Sequence

import pytest

from tests.contract.ask import Reply
from tests.contract.own.case import Case
from tests.contract.own.upstream import Asked, Broken, Gives, Script

LISTED: Script = {"GET /price/1": Gives({"price": 5})}
CATALOGUE: Script = {"other GET /key": Gives({"k": "x"}), "other GET /items/1?key=x": Gives({"amount": 6})}


def says(sources: str) -> Callable[[Reply, Sequence[Asked]], None]:
    """Check the whole of Fanin-Sources."""

    def check(reply: Reply, _: Sequence[Asked]) -> None:
        assert reply.headers["fanin-sources"] == sources

    return check


CASES = [
    Case(
        "the first that has a value is the value, and the others are not asked, nor what only they need",
        "/price/1",
        {"price": {"price": 5}},
        {**LISTED, **CATALOGUE},
        asked=["GET /price/1"],
        check=says("price=fresh;age=0;attempts=1;from=list_price"),
    ),
    Case(
        "where the first fails the second is asked, and the answer is complete",
        "/price/1",
        {"price": {"price": 6}},
        {**CATALOGUE, "GET /price/1": Broken()},
        asked=["GET /price/1", "other GET /key", "other GET /items/1?key=x"],
        check=says("price=fresh;age=0;attempts=2;from=catalog_price"),
    ),
    Case(
        "where none has such a thing there is none",
        "/price/1",
        {"status": 404, "detail": "no source of price has such a thing"},
        {**CATALOGUE, "GET /price/1": Gives(status=404), "other GET /items/1?key=x": Gives(status=404)},
        status=404,
        complete=False,
        sources={"price": "not-found"},
    ),
    Case(
        "where all fail it is the first failure that says more",
        "/price/1",
        {"status": 502, "detail": "catalog_price answered with status 400"},
        {**CATALOGUE, "GET /price/1": Gives(status=404), "other GET /items/1?key=x": Gives(status=400)},
        status=502,
        complete=False,
        sources={"price": "source-rejected"},
    ),
    Case(
        "what one of them needs may fail, and then that one has",
        "/price/1",
        {"status": 502},
        {"GET /price/1": Gives(status=404), "other GET /key": Gives(status=500)},
        status=502,
        complete=False,
        sources={"price": "dependency-failed"},
        asked=["GET /price/1", "other GET /key"],
    ),
    Case(
        "a source that the endpoint lists too is told as any other",
        "/both/1",
        upstream={**CATALOGUE, "GET /price/1": Gives(status=404)},
        complete=False,
        sources={"price": "fresh", "list_price": "not-found"},
    ),
    Case(
        "other sources refer to it as to any",
        "/vat/1",
        {"vat": 1.2},
        {**CATALOGUE, "GET /price/1": Gives(status=503), "GET /vat/6": Gives(1.2)},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Callable[[str, Case], None]) -> None:
    """Each case is a rule, and every execution model keeps it."""
    hold("first_of", case)
