"""Pages that are named in what is sent, by offsets, and by several parameters."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.contract.ask import Question, Reply
from tests.contract.own.case import Case
from tests.contract.own.upstream import Asked, Gives

_LOGS = Question("/logs", method="POST", headers={"Content-Type": "application/json"}, body=b'{"size":2}')
_HITS: list[Any] = [{"id": 1, "sort": [1, "x"]}, {"id": 2, "sort": [2, "y"]}]


def _sent(*bodies: Any) -> Callable[[Reply, Sequence[Asked]], None]:
    """Look at the JSON of each request, in turn."""

    def look(_: Reply, asked: Sequence[Asked]) -> None:
        assert [each.json for each in asked] == [*bodies]

    return look


def _sent_as_form(_: Reply, asked: Sequence[Asked]) -> None:
    fields = [("token", "o'hara & co"), ("team", "a&b=c")]
    assert [parse_qsl(each.body.decode(), strict_parsing=True) for each in asked] == [
        fields,
        [*fields, ("cursor", "d=&x")],
    ]
    assert {each.headers["content-type"] for each in asked} == {"application/x-www-form-urlencoded"}


def _task(following: Any, *ids: int) -> Gives:
    return Gives(
        {"results": [{"id": each} for each in ids], "has_more": following is not None, "next_cursor": following}
    )


def _issues(*nodes: int, following: str | None) -> Gives:
    info = {"hasNextPage": following is not None, "endCursor": following}
    return Gives({"data": {"issues": {"nodes": [*nodes], "pageInfo": info}}})


_FIRST = {"page_size": 2, "filter": {"status": "o'hara & co"}}
_VARIABLES = {"id": "7"}

CASES = [
    Case(
        "a cursor goes into the body, beside secrets that are there",
        "/tasks/7",
        {"tasks": [1, 2, 3]},
        {"POST /databases/7/query": [_task('c"2', 1, 2), _task(None, 3)]},
        check=_sent(_FIRST, {**_FIRST, "start_cursor": 'c"2'}),
    ),
    Case(
        "the same request again is no page behind it",
        "/tasks/7",
        {"status": 502},
        {"POST /databases/7/query": [_task("c", 1), _task("c", 2)]},
        status=502,
        complete=False,
        sources={"tasks": "source-undecodable"},
    ),
    Case(
        "a cursor of GraphQL's is a variable of the query",
        "/issues/7",
        {"issues": [1, 2]},
        {"POST /graphql": [_issues(1, following="Y3=="), _issues(2, following=None)]},
        check=lambda _, asked: _same(
            [each.json["variables"] for each in asked], [_VARIABLES, {**_VARIABLES, "after": "Y3=="}]
        ),
    ),
    Case(
        "what leads on may be a list, in an object that is made for it",
        _LOGS,
        {"logs": [1, 2, 3]},
        {"POST /logs/_search": [Gives({"hits": _HITS}), Gives({"hits": [{"id": 3, "sort": [3, "z"]}]})]},
        check=_sent({"size": 2}, {"size": 2, "page": {"search_after": [2, "y"]}}),
    ),
    Case(
        "there is no place for it in what is no object",
        Question(_LOGS.path, method="POST", headers=_LOGS.headers, body=b"[1]"),
        {"detail": "the body of logs has no object for page.search_after"},
        {"POST /logs/_search": Gives({"hits": _HITS})},
        status=502,
        complete=False,
        sources={"logs": "source-undecodable"},
    ),
    Case(
        "a cursor is a field of a form",
        "/members/a&b=c",
        {"members": ["U1", "U2"]},
        {
            "POST /users.list": [
                Gives({"members": ["U1"], "next_cursor": "d=&x"}),
                Gives({"members": ["U2"], "next_cursor": ""}),
            ]
        },
        check=_sent_as_form,
    ),
    Case(
        "with a step, pages are counted from 0",
        "/found/x",
        {"found": [1, 2, 3]},
        {"POST /search": [Gives({"page": 0, "pages": 2, "hits": [1, 2]}), Gives({"page": 1, "pages": 2, "hits": [3]})]},
        check=_sent({"text": "x"}, {"text": "x", "page": 1}),
    ),
    Case(
        "an offset grows by its step",
        "/rows",
        {"rows": [1, 2, 3, 4, 5]},
        {
            "GET /rows?$limit=2": Gives([1, 2]),
            "GET /rows?$limit=2&%24offset=2": Gives([3, 4]),
            "GET /rows?$limit=2&%24offset=4": Gives([5]),
        },
    ),
    Case(
        "an object sets parameters of the query, and null takes one away",
        "/links/A&B",
        {"links": [1, 2, 3]},
        {
            "GET /api.php?titles=A%26B&continue=": Gives(
                {"links": [1], "continue": {"plcontinue": "736|0", "continue": "||"}}
            ),
            "GET /api.php?titles=A%26B&plcontinue=736%7C0&continue=%7C%7C": Gives(
                {"links": [2], "continue": {"plcontinue": None, "continue": "-", "n": 2}}
            ),
            "GET /api.php?titles=A%26B&continue=-&n=2": Gives({"links": [3]}),
        },
    ),
    *(
        Case(
            rule,
            "/links/x",
            {"status": 502},
            {"GET /api.php": Gives({"links": [1], "continue": following})},
            status=502,
            complete=False,
            sources={"links": "source-undecodable"},
        )
        for rule, following in (
            ("a parameter is no list", {"a": [1]}),
            ("there are not many parameters", {f"p{number}": 1 for number in range(17)}),
            ("an empty object leads to the same page", {}),
            ("a cursor is not longer than a URL", {"a": "x" * 16_384}),
        )
    ),
]


def _same(found: Any, expected: Any) -> None:
    assert found == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Callable[[str, Case], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each case is a rule, and every execution model keeps it."""
    monkeypatch.setenv("FANIN_SECRET_STATUS", "o'hara & co")
    hold("cursors", case)
