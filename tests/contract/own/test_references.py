"""References: lists, objects, what is left out, and escapes, as each execution model sends them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from tests.contract.ask import Reply
from tests.contract.own.case import Case
from tests.contract.own.upstream import Asked, Gives

ANSWERS = {f"{method} /{path}": Gives(1) for method, path in (("GET", "posts"), ("GET", "joined"), ("POST", "saved"))}


def _user(**fields: Any) -> dict[str, Gives]:
    return {"GET /users/1": Gives(fields), **ANSWERS}


def _saved(body: Any, headers: Mapping[str, str | None]) -> Callable[[Reply, Sequence[Asked]], None]:
    def check(_: Reply, asked: Sequence[Asked]) -> None:
        (saved,) = [each for each in asked if each.line == "POST /saved"]
        assert saved.json == body
        assert {name: saved.headers.get(name) for name in headers} == headers

    return check


CASES = [
    Case(
        "a list repeats its pair or is joined, and goes whole into a body, as an object does",
        "/lists/1",
        {"posts": 1, "joined": 1, "saved": 1},
        _user(posts=[3, "a&b"], tag="x", address={"city": "Ulm"}),
        asked=[
            "GET /users/1",
            "GET /posts?id=3&id=a%26b&tag=x&sort=new",
            "GET /joined?id=3,a%26b",
            "POST /saved",
        ],
        check=_saved({"posts": [3, "a&b"], "address": {"city": "Ulm"}, "tag": "x"}, {"x-tag": "x"}),
    ),
    Case(
        "null behind a question mark leaves out the pair, the header and the member",
        "/lists/1",
        {"posts": 1, "joined": 1, "saved": 1},
        _user(posts=[3], tag=None, address={}),
        asked=["GET /users/1", "GET /posts?id=3&sort=new", "GET /joined?id=3", "POST /saved"],
        check=_saved({"posts": [3], "address": {}}, {"x-tag": None}),
    ),
    Case(
        "null without one, and an empty list in a query, make no call",
        "/lists/1",
        upstream=_user(posts=[], tag=None),
        status=404,
        complete=False,
        asked=["GET /users/1"],
    ),
    Case(
        "an item with the separator in it is refused",
        "/lists/1",
        upstream=_user(posts=["a,b"], tag=None, address={}),
        complete=False,
        sources={"user": "fresh", "posts": "fresh", "joined": "value-refused", "saved": "fresh"},
        asked=["GET /users/1", "GET /posts?id=a%2Cb&sort=new", "POST /saved"],
    ),
    Case(
        "a quote does not end the quotes of an OData filter",
        "/filtered/1",
        {"filtered": 1},
        {"GET /users/1": Gives({"name": "O'Hara"}), "GET /odata": Gives(1)},
        asked=["GET /users/1", "GET /odata?$filter=Name%20eq%20'O%27%27Hara'"],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Callable[[str, Case], None]) -> None:
    """Each case is a rule, and every execution model keeps it."""
    hold("references", case)
