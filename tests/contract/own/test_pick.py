"""An endpoint's `pick`: one expression makes the body."""

from collections.abc import Callable

import pytest

from tests.contract.ask import Question
from tests.contract.own.case import Case
from tests.contract.own.test_plan import unavailable
from tests.contract.own.upstream import Broken, Gives

ADA = {"name": "Ada", "active": True, "numbers": [1, 2, 3]}
USER = {"GET /users/1": Gives(ADA)}
POSTS = {"other GET /posts?by=Ada": Gives([{"title": "One"}, {"title": "Two"}])}
TYPES = "https://fanin.example/problems"

CASES = [
    Case(
        "the body is what the expression makes of the sources that it mentions, and of the parameters",
        "/card/1",
        {"id": 1, "name": "Ada", "titles": ["ONE", "TWO"]},
        USER | POSTS,
        sources={"user": "fresh", "posts": "fresh"},
        asked=["GET /users/1", "other GET /posts?by=Ada"],
    ),
    Case(
        "it may be anything that JSON has",
        "/titles/1",
        ["One", "Two"],
        USER | POSTS,
        sources={"user": "fresh", "posts": "fresh"},
    ),
    Case(
        "a failed source reads as null, and an object has its problem",
        "/card/1",
        {"id": 1, "name": "Ada", "titles": [], "errors": unavailable("posts")},
        USER | {"other GET /posts?by=Ada": Broken()},
        complete=False,
    ),
    Case(
        "a skipped source reads as null",
        "/card/1",
        {"id": 1, "name": "Ada", "titles": []},
        {"GET /users/1": Gives(ADA | {"active": False})},
        sources={"user": "fresh", "posts": "skipped"},
    ),
    Case(
        "if all sources failed, there is no body",
        "/card/1",
        {"type": f"{TYPES}/sources-failed", "status": 502},
        {"GET /users/1": Broken()},
        status=502,
        complete=False,
    ),
    Case(
        "a required source decides as ever",
        "/strict/1",
        {"type": f"{TYPES}/sources-failed", "detail": "posts closed the connection before its answer was whole"},
        USER | {"other GET /posts?by=Ada": Broken()},
        status=502,
        complete=False,
    ),
    Case("a number is a body", "/total/1", 6, USER),
    Case(
        "data that it cannot take is a problem of the whole answer, without the data",
        "/total/1",
        {
            "type": f"{TYPES}/answer-undecodable",
            "title": "Answer undecodable",
            "status": 502,
            "detail": "the pick of total calls sum() with string, not array-number",
        },
        {"GET /users/1": Gives(ADA | {"numbers": ["secret"]})},
        status=502,
    ),
    Case(
        "if all sources failed, their failures decide, and not what the expression makes of nothing",
        "/total/1",
        {"type": f"{TYPES}/not-found", "status": 404, "detail": "user has no such thing"},
        {"GET /users/1": Gives({}, status=404)},
        status=404,
        complete=False,
    ),
    Case(
        "unless it reads the errors of one of them",
        "/sum/1",
        {"type": f"{TYPES}/answer-undecodable", "status": 502},
        {"GET /users/1": Gives({}, status=404)},
        status=502,
        complete=False,
    ),
    Case(
        "null is not found where the sources are complete",
        "/nickname/1",
        {"type": f"{TYPES}/not-found", "status": 404, "detail": "nickname has no such thing"},
        USER,
        status=404,
    ),
    Case(
        "null is as the failures are where they are not",
        "/either/1",
        {
            "type": f"{TYPES}/sources-failed",
            "status": 502,
            "sources": unavailable("charge"),
            "detail": "charge closed the connection before its answer was whole",
        },
        USER | {"GET /charges/1": Broken()},
        status=502,
        complete=False,
    ),
    Case(
        "one that reads the errors of a source answers though that failed",
        "/charge/1",
        {"ok": False, "why": f"{TYPES}/source-unavailable", "errors": unavailable("charge")},
        {"GET /charges/1": Broken()},
        complete=False,
    ),
    Case("and without a failure reads null", "/charge/1", {"ok": True, "why": None}, {"GET /charges/1": Gives({})}),
    Case("a listed source runs though it is not mentioned", "/fixed/1", {"fixed": 1}, USER, asked=["GET /users/1"]),
    Case("HEAD has no body", Question("/card/1", method="HEAD"), upstream=USER | POSTS),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Callable[[str, Case], None]) -> None:
    """Each case is a rule, and every execution model keeps it."""
    hold("pick", case)
