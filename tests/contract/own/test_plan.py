"""`when`, `after` and `compute`, and expressions that read what a request has so far."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.contract.ask import Reply
from tests.contract.own.case import Case
from tests.contract.own.upstream import Asked, Broken, Gives

ADA = {"name": "Ada", "active": True, "numbers": [1, 2, 3]}
USER = {"GET /users/1": Gives(ADA)}
GONE = {"GET /users/1": Gives(status=404)}
BROKEN = {"GET /users/1": Broken()}
POSTS = {"GET /posts?by=Ada": Gives([{"id": 7}]), "GET /posts/7": Gives({"title": "Hello"})}
LOG = {"other GET /log": Gives({"id": 3})}


def _user(**fields: Any) -> dict[str, Gives]:
    return {"GET /users/1": Gives(ADA | fields)}


def unavailable(source: str) -> dict[str, Any]:
    return {
        source: {
            "type": "https://fanin.example/problems/source-unavailable",
            "title": "Source unavailable",
            "status": 502,
            "detail": f"{source} closed the connection before its answer was whole",
            "attempts": 1,
        }
    }


def _errors(**types: str) -> Callable[[Reply, Sequence[Asked]], None]:
    """Look at the types of the problems, and at no more of them."""

    def check(reply: Reply, _: Sequence[Asked]) -> None:
        errors = reply.body.get("errors") or reply.body["sources"]
        assert {name: error["type"].rsplit("/")[-1] for name, error in errors.items()} == {
            name: problem.replace("_", "-") for name, problem in types.items()
        }

    return check


def _detail(source: str, detail: str) -> Callable[[Reply, Sequence[Asked]], None]:
    def check(reply: Reply, _: Sequence[Asked]) -> None:
        assert reply.body["errors"][source]["detail"] == detail

    return check


def _log_is_last(_: Reply, asked: Sequence[Asked]) -> None:
    assert [each.line for each in asked] == ["GET /users/1", "other GET /log"]


def _one_friend_failed(reply: Reply, _: Sequence[Asked]) -> None:
    assert (reply.body["names"], reply.body["failed"]) == ([None, "Eve"], 1)
    assert reply.body["errors"]["friends"]["items"][0]["index"] == 0


WANTED: tuple[Any, ...] = ([None], {"x": False})
UNWANTED: tuple[Any, ...] = (False, None, [], {})
CASES = [
    Case(
        "a source whose `when` is true is asked, and a value is computed of others and of the parameters",
        "/card/1",
        {
            "user": ADA,
            "posts": [{"id": 7}],
            "card": {"name": "ADA", "posts": 1, "asked": 1, "first": "Hello"},
        },
        USER | POSTS,
        sources={"user": "fresh", "posts": "fresh", "first_post": "fresh", "card": "fresh"},
        asked=["GET /users/1", "GET /posts?by=Ada", "GET /posts/7"],
    ),
    *[
        Case(
            f"a source is skipped if its `when` is {active!r}, and so is what refers to it; expressions read null",
            "/card/1",
            {
                "user": ADA | {"active": active},
                "posts": None,
                "card": {"name": "ADA", "posts": 0, "asked": 1, "first": None},
            },
            _user(active=active),
            sources={"user": "fresh", "posts": "skipped", "first_post": "skipped", "card": "fresh"},
            asked=["GET /users/1"],
        )
        for active in UNWANTED
    ],
    *[
        Case(
            f"a source is asked if its `when` is {active!r}",
            "/card/1",
            upstream=_user(active=active) | POSTS,
            sources={"user": "fresh", "posts": "fresh", "first_post": "fresh", "card": "fresh"},
        )
        for active in WANTED
    ],
    Case(
        "what `when` mentions is waited for, and its failure is the source's",
        "/card/1",
        upstream=GONE,
        status=404,
        complete=False,
        check=_errors(user="not_found", **dict.fromkeys(("posts", "first_post", "card"), "dependency_failed")),
    ),
    Case(
        "`after` waits without reading the value, and does not mind if it is skipped",
        "/log/1",
        {"user": ADA, "log": {"id": 3}},
        USER | LOG,
        check=_log_is_last,
    ),
    Case(
        "a source that is after one that failed is not asked",
        "/log/1",
        upstream=BROKEN,
        status=502,
        complete=False,
        asked=["GET /users/1"],
        check=_errors(user="source_unavailable", log="dependency_failed"),
    ),
    Case(
        "a source that mentions the errors of another runs if that failed, and may take its place",
        "/chosen/1",
        {"alternative": {"name": "Old"}, "chosen": {"name": "Old"}, "known": None, "errors": unavailable("user")},
        BROKEN | {"other GET /cached/1": Gives({"name": "Old"})},
        complete=False,
        asked=["GET /users/1", "other GET /cached/1"],
        sources={"user": "source-unavailable", "alternative": "fresh", "chosen": "fresh", "known": "skipped"},
    ),
    Case(
        "without a failure it reads null, and is skipped",
        "/chosen/1",
        {"alternative": None, "chosen": ADA, "known": {"known": True}},
        USER,
        asked=["GET /users/1"],
        sources={"user": "fresh", "alternative": "skipped", "chosen": "fresh", "known": "fresh"},
    ),
    Case(
        "computed values are made of computed values",
        "/sum/1",
        {"user": ADA, "sum": 6, "twice": [6, 6]},
        USER,
    ),
    Case(
        "a computed value that meets data that it cannot take fails by itself, and says why without the data",
        "/sum/1",
        upstream=_user(numbers=["secret"]),
        complete=False,
        sources={"user": "fresh", "sum": "source-undecodable", "twice": "dependency-failed"},
        check=_detail("sum", "the compute of sum calls sum() with string, not array-number"),
    ),
    Case(
        "a `when` that gives a text refuses the source",
        "/unclear/1",
        upstream=USER,
        complete=False,
        sources={"user": "fresh", "unclear": "value-refused"},
        check=_detail(
            "unclear", "the when of unclear gives a text, and not true, false, null, a list or an object"
        ),
    ),
    Case(
        "a source that is not wanted is skipped, whatever became of the others that it refers to",
        "/impatient/1",
        {"user": ADA | {"active": False}, "impatient": None, "errors": unavailable("log")},
        _user(active=False) | {"other GET /log": Broken()},
        complete=False,
        sources={"user": "fresh", "log": "source-unavailable", "impatient": "skipped"},
    ),
    Case(
        "and fails for them only if it is wanted",
        "/impatient/1",
        upstream=USER | {"other GET /log": Broken()},
        status=502,
        complete=False,
        check=_errors(log="source_unavailable", impatient="dependency_failed"),
    ),
    Case(
        "an expression that mentions the errors of a list reads what there is of it, nulls included",
        "/friends/1",
        check=_one_friend_failed,
        upstream=_user(friends=[2, 3]) | {"GET /users/2": Broken(), "GET /users/3": Gives({"name": "Eve"})},
        complete=False,
        sources={"user": "fresh", "friends": "partial", "names": "fresh"},
    ),
    Case(
        "a list whose `when` is false is skipped, and asks for no item",
        "/friends/1",
        {"names": [], "failed": None},
        _user(active=False, friends=[2, 3]),
        asked=["GET /users/1"],
        sources={"user": "fresh", "friends": "skipped", "names": "fresh"},
    ),
    Case(
        "of several failures the first in the plan is what follows from them, whichever comes first",
        "/both/1",
        {"status": 404, "detail": "user has no such thing"},
        {"GET /users/1": Gives(status=404, delay=0.05), "other GET /log": Gives(status=500)},
        status=404,
        complete=False,
        sources={"user": "not-found", "log_now": "source-unavailable", "both": "dependency-failed"},
    ),
    Case(
        "what it waits for beyond its `when` is waited for",
        "/impatient/1",
        {"user": ADA, "impatient": "late"},
        USER | LOG | {"GET /slow?after=3": Gives("late")},
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Callable[[str, Case], None]) -> None:
    """Each case is a rule, and every execution model keeps it."""
    hold("plan", case)
