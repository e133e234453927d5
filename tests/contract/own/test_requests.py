"""Methods, forms and GraphQL, as each execution model sends them and reads their answers."""

from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl

import pytest

from tests.contract.ask import Reply
from tests.contract.own.case import Case
from tests.contract.own.upstream import Asked, Gives

METHODS = {
    "HEAD /things/1": Gives(1),
    "PUT /things/1": Gives({"put": True}),
    "PATCH /things/1": Gives({"patched": True}),
    "DELETE /things/1": Gives(status=204),
    "POST /forms": Gives({"formed": True}),
}


def _sent(_: Reply, asked: Sequence[Asked]) -> None:
    """Each method with its own content, and none with another's."""
    by_line = {each.line: each for each in asked}
    assert by_line["PUT /things/1"].json == {"name": "O'Hara & co"}
    assert by_line["PATCH /things/1"].json == ["O'Hara & co"]
    for line in ("HEAD /things/1", "DELETE /things/1"):
        assert by_line[line].body == b""
        assert "content-type" not in by_line[line].headers
    form = by_line["POST /forms"]
    assert form.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qsl(form.body.decode(), strict_parsing=True) == [
        ("metadata[name]", "O'Hara & co"),
        ("amount", "5"),
        ("paid", "true"),
        ("tag", "a&b"),
        ("tag", "O'Hara & co"),
    ]


def _asked_by_graphql(_: Reply, asked: Sequence[Asked]) -> None:
    (query,) = asked
    assert query.json == {
        "query": "query ($name: String!) {\n  repository(name: $name) { name }\n}",
        "variables": {"name": "fanin"},
    }
    assert query.headers["content-type"] == "application/json"


CASES = [
    Case(
        "each method is sent with its content; answers without content, and those to HEAD, are null",
        "/methods/1/O'Hara%20&%20co",
        {"head": None, "put": {"put": True}, "patch": {"patched": True}, "delete": None, "form": {"formed": True}},
        METHODS,
        asked=[*METHODS],
        check=_sent,
    ),
    Case(
        "the status of an answer to HEAD decides",
        "/methods/1/x",
        upstream=METHODS | {"HEAD /things/1": Gives(status=404)},
        complete=False,
        sources={"head": "not-found", "put": "fresh", "patch": "fresh", "delete": "fresh", "form": "fresh"},
    ),
    Case(
        "GraphQL is asked by POST, and its data is the answer",
        "/graphql/fanin",
        {"repo": "fanin"},
        {"POST /graphql": Gives({"data": {"repository": {"name": "fanin"}}})},
        check=_asked_by_graphql,
    ),
    Case(
        "GraphQL without data is rejected, with its message",
        "/graphql/fanin",
        {"detail": "repo refused the query: no such field"},
        {"POST /graphql": Gives({"data": None, "errors": [{"message": "no such field"}]})},
        status=502,
        complete=False,
        sources={"repo": "source-rejected"},
    ),
    Case(
        "GraphQL's data that is partial is the value, with an error",
        "/graphql/fanin",
        {
            "repo": "fanin",
            "errors": {
                "repo": {
                    "type": "https://fanin.example/problems/source-rejected",
                    "title": "Source rejected the call",
                    "status": 502,
                    "detail": "repo answered in part: too many",
                    "attempts": 1,
                }
            },
        },
        {
            "POST /graphql": Gives(
                {
                    "data": {"repository": {"name": "fanin"}},
                    "errors": [{"message": "too many"}, {"message": "x"}],
                }
            )
        },
        complete=False,
        sources={"repo": "partial"},
    ),
    Case(
        "what is no answer of GraphQL's is undecodable",
        "/graphql/fanin",
        upstream={"POST /graphql": Gives([1])},
        status=502,
        complete=False,
        sources={"repo": "source-undecodable"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Callable[[str, Case], None]) -> None:
    """Each case is a rule, and every execution model keeps it."""
    hold("requests", case)
