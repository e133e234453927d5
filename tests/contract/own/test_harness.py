"""The way in which these cases are asked; an example of a module of cases."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from tests.contract.ask import Reply
from tests.contract.own.case import Case
from tests.contract.own.upstream import Asked, Broken, Gives

UPSTREAM = {
    "GET /users/1": Gives({"name": "Ada"}, headers={"X-Kind": "person"}),
    "other GET /posts?by=Ada": Gives([{"id": 7}]),
    "POST /visits": Gives(status=204),
}


def _visit_is_posted(_: Reply, asked: Sequence[Asked]) -> None:
    (visit,) = [each for each in asked if each.line == "POST /visits"]
    assert (visit.json, visit.headers["content-type"]) == ({"user": "1"}, "application/json")


CASES = [
    Case(
        "upstreams answer by method and path, and what they are asked is written down",
        "/user/1",
        {"user": {"name": "Ada"}, "posts": [{"id": 7}], "added": None},
        UPSTREAM,
        sources={"user": "fresh", "posts": "fresh", "added": "fresh"},
        asked=["GET /users/1", "other GET /posts?by=Ada", "POST /visits"],
        check=_visit_is_posted,
    ),
    Case(
        "an upstream may break off, and then the answer is incomplete",
        "/user/1",
        upstream=UPSTREAM | {"other GET /posts": Broken(), "other GET /posts?by=Ada": Broken()},
        complete=False,
        sources={"user": "fresh", "posts": "source-unavailable", "added": "fresh"},
    ),
    Case(
        "of a problem only some members are looked at",
        "/user/1",
        {"title": "Sources failed", "status": 502},
        {"GET /users/1": Gives(status=500), "POST /visits": Gives(status=400)},
        status=502,
        complete=False,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Callable[[str, Case], None]) -> None:
    """Each case is a rule, and every execution model keeps it."""
    hold("harness", case)


@pytest.mark.parametrize(
    "wrong",
    [
        {"body": {"user": {"name": "Bob"}}},
        {"status": 500},
        {"complete": False},
        {"sources": {"user": "stale"}},
        {"asked": []},
        {"upstream": {}},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_case_that_is_not_kept_fails(wrong: dict[str, object], hold: Callable[[str, Case], None]) -> None:
    """Whatever part of it is another."""
    with pytest.raises(AssertionError):
        hold("harness", replace(CASES[0], **wrong))  # type: ignore[arg-type]


def test_a_module_may_have_several_files_and_texts(hold: Callable[[str, Case], None]) -> None:
    """Each is served by itself, and goes on being served."""
    static = 'fanin = 1\n[sources.a]\nvalue = 1\n[endpoints.a]\npath = "/a"\nsources = ["a"]\n'
    for _ in range(2):
        hold("harness", CASES[0])
        hold(static, Case("a static value", "/a", {"a": 1}, asked=[]))
