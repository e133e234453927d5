"""Sources with `for_each`: one call for each item of a list."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.contract.ask import Reply
from tests.contract.own.case import Case
from tests.contract.own.upstream import Asked, Broken, Gives

PROBLEM = "https://fanin.example/problems/"


def ids(*items: Any) -> dict[str, Any]:
    """Answer with a list of ids, and to each id with a post by the user of its last digit."""
    posts = {f"GET /posts/{item}": post(item) for item in items if isinstance(item, int)}
    return {"GET /ids": Gives(list(items)), **posts}


def post(number: int) -> Gives:
    """Answer with a post."""
    return Gives({"id": number, "by": f"u{number % 10}"})


def posted(*numbers: int | None) -> list[Any]:
    """Give the values of posts."""
    return [None if n is None else {"id": n, "by": f"u{n % 10}"} for n in numbers]


def user(name: str, karma: int) -> dict[str, Any]:
    """Answer with a user."""
    return {f"GET /users/{name}": Gives({"karma": karma, "created": 1})}


def failed(name: str, count: str, items: dict[int, str], attempts: int, *, of_each: int = 1) -> dict[str, Any]:
    """Give what `errors` says of a list; `items` has the problem of each item that failed, and `count` how many."""
    told = [
        {"index": place, "type": PROBLEM + kind, "status": 404 if kind == "not-found" else 502, "attempts": of_each}
        for place, kind in items.items()
    ]
    detail = f"{count} items of {name} failed"
    head = {"type": PROBLEM + "items-failed", "title": "Items failed", "status": 502, "detail": detail}
    return {name: {**head, "attempts": attempts, "failed": len(items), "items": told}}


def says(sources: str) -> Callable[[Reply, Sequence[Asked]], None]:
    """Check the whole of Fanin-Sources."""

    def check(reply: Reply, _: Sequence[Asked]) -> None:
        assert reply.headers["fanin-sources"] == sources

    return check


def _each_write_is_made_in_order(_: Reply, asked: Sequence[Asked]) -> None:
    assert [each.json for each in asked if each.line == "POST /reservations"] == [{"sku": 7}, {"sku": 7}, {"sku": 8}]


def _no_write_after_the_first_that_failed(_: Reply, asked: Sequence[Asked]) -> None:
    assert [each.json for each in asked if each.line == "POST /reservations"] == [{"sku": 7}]


BROKEN = Broken()


def _is_null(reply: Reply, _: Sequence[Asked]) -> None:
    assert reply.body["strict"] is None


CASES = [
    Case(
        "a source with for_each has one call for each item, and its value is theirs in the same order",
        "/posts",
        {"posts": posted(3, 1, 2)},
        ids(3, 1, 2),
        check=says("ids=fresh;age=0;attempts=1, posts=fresh;age=0;attempts=3;items=3"),
    ),
    Case(
        "an empty list is an empty value, without a call",
        "/posts",
        {"posts": []},
        ids(),
        asked=["GET /ids"],
        check=says("ids=fresh;age=0;attempts=1, posts=fresh;age=0;attempts=0;items=0"),
    ),
    Case(
        "a null item stays null, without a call",
        "/posts",
        {"posts": posted(1, None, 2)},
        ids(1, None, 2),
        asked=["GET /ids", "GET /posts/1", "GET /posts/2"],
    ),
    Case(
        "items that ask the same share one call, and each place is filled",
        "/posts",
        {"posts": posted(1, 2, 1, 1)},
        ids(1, 2, 1, 1),
        asked=["GET /ids", "GET /posts/1", "GET /posts/2"],
        check=says("ids=fresh;age=0;attempts=1, posts=fresh;age=0;attempts=2;items=4"),
    ),
    Case(
        "limit takes the first so many",
        "/posts?count=2",
        {"posts": posted(1, 2)},
        ids(1, 2, 3),
        asked=["GET /ids", "GET /posts/1", "GET /posts/2"],
    ),
    Case(
        "items that fail are null at their places, and a required source has answered all the same",
        "/posts",
        {
            "posts": posted(1, None, 3, None),
            "errors": failed("posts", "2 of 4", {1: "source-unavailable", 3: "not-found"}, 4),
        },
        ids(1, 2, 3, 4) | {"GET /posts/2": BROKEN, "GET /posts/4": Gives(status=404)},
        complete=False,
        check=says("ids=fresh;age=0;attempts=1, posts=partial;age=0;attempts=4;items=4;failed=2"),
    ),
    Case(
        "all items that fail in one way fail their source in that way",
        "/posts",
        {"status": 404, "title": "Not found"},
        {"GET /ids": Gives([1, 2]), "GET /posts/1": Gives(status=404), "GET /posts/2": Gives(status=410)},
        status=404,
        complete=False,
        sources={"ids": "fresh", "posts": "not-found"},
    ),
    Case(
        "all items that fail in several ways are items-failed",
        "/posts",
        {"status": 502},
        {"GET /ids": Gives([1, 2]), "GET /posts/1": Gives(status=404), "GET /posts/2": Gives(status=500)},
        status=502,
        complete=False,
        sources={"ids": "fresh", "posts": "items-failed"},
    ),
    Case(
        "a list that cannot be had fails its source without a call",
        "/posts",
        {"status": 502},
        {"GET /ids": Gives(status=500)},
        status=502,
        complete=False,
        sources={"ids": "source-unavailable", "posts": "dependency-failed"},
        asked=["GET /ids"],
    ),
    Case(
        "what is no list is refused",
        "/posts",
        {"status": 502},
        {"GET /ids": Gives({"a": 1})},
        status=502,
        complete=False,
        sources={"ids": "fresh", "posts": "value-refused"},
        asked=["GET /ids"],
    ),
    Case(
        "more than max_items refuse the source, and no call is made",
        "/few",
        {"status": 502},
        ids(1, 2, 3),
        status=502,
        complete=False,
        sources={"ids": "fresh", "few": "source-too-large"},
        asked=["GET /ids"],
    ),
    Case(
        "under fail_fast the first item that fails fails the source, and no more calls begin",
        "/strict",
        {"status": 502},
        ids(1, 2, 3) | {"GET /posts/2": Gives(status=400)},
        status=502,
        complete=False,
        sources={"ids": "fresh", "strict": "source-rejected"},
        asked=["GET /ids", "GET /posts/1", "GET /posts/2"],
    ),
    Case(
        "a source that mentions the errors of a list that failed reads what there is of it",
        "/undo",
        upstream=ids(1, 2, 3, 4)
        | {"GET /posts/3": Gives(status=400)}
        | {f"DELETE /posts/{n}": Gives(n) for n in (1, 2)},
        complete=False,
        sources={"ids": "fresh", "strict": "source-rejected", "undo": "fresh"},
        asked=["GET /ids", *(f"GET /posts/{n}" for n in (1, 2, 3)), "DELETE /posts/1", "DELETE /posts/2"],
    ),
    Case(
        "an endpoint's pick reads a list that failed as null",
        "/left",
        upstream=ids(1, 2) | {"GET /posts/2": Gives(status=400), "DELETE /posts/1": Gives(1)},
        complete=False,
        check=_is_null,
    ),
    Case(
        "a source may refer to a list, and lists may be made of lists; join_as puts each result into its item",
        "/stories",
        {"stories": [{"id": n, "by": f"u{n % 10}", "author": {"karma": n % 10}} for n in (1, 2, 11)]},
        ids(1, 2, 11) | user("u1", 1) | user("u2", 2),
        asked=["GET /ids", *(f"GET /posts/{n}" for n in (1, 2, 11)), "GET /users/u1", "GET /users/u2"],
    ),
    Case(
        "a list of lists goes on with what there is",
        "/stories",
        {
            "stories": [{"id": 1, "by": "u1", "author": {"karma": 1}}, {"id": 2, "by": "u2", "author": None}],
            "errors": failed("posts", "1 of 3", {2: "source-unavailable"}, 3)
            | failed("stories", "1 of 2", {1: "not-found"}, 2),
        },
        ids(1, 2, 3) | {"GET /posts/3": BROKEN, "GET /users/u2": Gives(status=404)} | user("u1", 1),
        complete=False,
    ),
    Case(
        "an item without a referenced field is not-found, and has no call",
        "/stories",
        {
            "stories": [{"id": 1, "by": "u1", "author": {"karma": 1}}, {"id": 2, "author": None}],
            "errors": failed("stories", "1 of 2", {1: "not-found"}, 1, of_each=0),
        },
        ids(1, 2) | {"GET /posts/2": Gives({"id": 2})} | user("u1", 1),
        complete=False,
        asked=["GET /ids", "GET /posts/1", "GET /posts/2", "GET /users/u1"],
    ),
    Case(
        "a source that refers to an item waits for the whole list",
        "/after",
        {"after": {"a": 1}, "posts": posted(5, 6)},
        ids(5, 6) | {"GET /after/5": Gives({"a": 1})},
    ),
    Case(
        "an item without what is sent for it is not asked for",
        "/sent",
        {
            "sent": [None, 1],
            "errors": failed("sent", "1 of 2", {0: "not-found"}, 1, of_each=0),
        },
        {"GET /ids": Gives([{"sku": None}, {"sku": 7}]), "POST /search": Gives(1)},
        complete=False,
        asked=["GET /ids", "POST /search"],
    ),
    Case(
        "nor is one whose pair of the query is left out for another reference in it",
        "/tagged",
        {
            "tagged": [None, 1],
            "errors": failed("tagged", "1 of 2", {0: "not-found"}, 1, of_each=0),
        },
        {"GET /ids": Gives([{"sku": None}, {"sku": 7}]), "GET /tagged": Gives(1)},
        complete=False,
        asked=["GET /ids", "GET /tagged"],
    ),
    Case(
        "writes never merge, and go out in the order of the list",
        "/reserve",
        {"reserve": [1, 1, 1]},
        {"GET /ids": Gives([7, 7, 8]), "POST /reservations": Gives(1)},
        check=_each_write_is_made_in_order,
    ),
    Case(
        "the first write that fails ends the list",
        "/reserve",
        {"status": 502},
        {"GET /ids": Gives([7, 7, 8]), "POST /reservations": Gives(status=409)},
        status=502,
        complete=False,
        check=_no_write_after_the_first_that_failed,
    ),
    Case(
        "a batch asks for many items at once, and gives each its row, compared as text",
        "/rows",
        {"rows": [{"id": "3"}, {"id": 1}, {"id": "3"}, {"id": 2}]},
        {
            "GET /ids": Gives([3, 1, 3, 2]),
            "GET /rows?id=3&id=1": Gives([{"id": 1, "note": "x"}, {"id": "3"}]),
            "GET /rows?id=2": Gives([{"id": 2}, {"id": 9}]),
        },
        asked=["GET /ids", "GET /rows?id=3&id=1", "GET /rows?id=2"],
        check=says("ids=fresh;age=0;attempts=1, rows=fresh;age=0;attempts=2;items=4"),
    ),
    Case(
        "an item without a row is missing, and of two rows none is taken",
        "/rows",
        {
            "rows": [{"id": 1}, None, None],
            "errors": failed("rows", "2 of 3", {1: "not-found", 2: "source-undecodable"}, 2),
        },
        {
            "GET /ids": Gives([1, 2, 3]),
            "GET /rows?id=1&id=2": Gives([{"id": 1}]),
            "GET /rows?id=3": Gives([{"id": 3}, {"id": 3}]),
        },
        complete=False,
    ),
    Case(
        "a batch that fails fails its items",
        "/rows",
        {
            "rows": [None, None, {"id": 3}],
            "errors": failed("rows", "2 of 3", {0: "source-rejected", 1: "source-rejected"}, 2),
        },
        {
            "GET /ids": Gives([1, 2, 3]),
            "GET /rows?id=1&id=2": Gives(status=400),
            "GET /rows?id=3": Gives([{"id": 3}]),
        },
        complete=False,
    ),
    Case(
        "a batch may give each item a list of rows, which may be empty",
        "/notes",
        {
            "notes": [
                {"id": 1, "by": "u1", "notes": [{"user": "u1", "n": 1}, {"user": "u1", "n": 2}]},
                {"id": 2, "by": "u2", "notes": []},
            ]
        },
        ids(1, 2) | {"POST /notes": Gives([{"user": "u1", "n": 1}, {"user": "u1", "n": 2}])},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Callable[[str, Case], None]) -> None:
    """Each case is a rule, and every execution model keeps it."""
    hold("lists", case)
