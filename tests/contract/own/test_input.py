"""A client's JSON body, and sources' values, held to JSON Schemas."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.ask import Question
from tests.contract.own.case import Case
from tests.contract.own.upstream import Gives

STOCK = {"GET /stock/lisbon": Gives({"left": 3, "note": "of no interest"}), "GET /stock/x": Gives({"left": "many"})}
JSON = {"content-type": "application/json"}


def post(body: Any, **headers: str) -> Question:
    """Send JSON, or bytes as they are."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Question("/orders/lisbon", method="POST", headers=JSON | headers, body=content)


def refused(rule: str, question: Question, status: int, problem: str, **members: Any) -> Case:
    """Be refused without a call."""
    body = {"type": f"https://fanin.example/problems/{problem}", "status": status} | members
    return Case(rule, question, body, STOCK, status=status, complete=None, asked=[])


CASES = [
    Case(
        "what is as the schema says is served, with the endpoint's status",
        post({"items": [{"sku": "abc"}], "mail": "a@b.example"}),
        {"stock": {"left": 3}},
        STOCK,
        status=201,
        asked=["GET /stock/lisbon"],
    ),
    Case(
        "a media type may have parameters, or be one of those that are written in JSON",
        post({"items": [{"sku": "abc"}]}, **{"content-type": "application/merge-patch+json; charset=utf-8"}),
        {"stock": {"left": 3}},
        STOCK,
        status=201,
    ),
    refused(
        "every violation is named by its JSON pointer, without the value",
        post({"items": [{"sku": "A1"}, {"a/b": "hunter2"}], "mail": "nobody", "more": 1}),
        422,
        "bad-input",
        input={
            "/items/0/sku": 'it does not match "^([a-z]+)+$"',
            "/items/1/a~1b": 'it is not of type "integer"',
            "/items/1/sku": "it is required",
            "/mail": 'it is not a "email"',
            "/more": "it is not allowed",
        },
    ),
    refused("another type as a whole", post([1]), 422, "bad-input", input={"": 'it is not of type "object"'}),
    refused("of many violations only the first are named", post({f"x{n}": 0 for n in range(100)}), 422, "bad-input"),
    refused("a pattern takes linear time", post({"items": [{"sku": "a" * 100_000 + "!"}]}), 422, "bad-input"),
    refused("a body that is not JSON", post(b"{"), 400, "malformed-body", detail="the body is not JSON"),
    refused("an empty body", post(b""), 400, "malformed-body"),
    refused("a number that JSON does not have", post(b'{"items": NaN}'), 400, "malformed-body"),
    refused(
        "another content type", post({"items": []}, **{"content-type": "text/plain"}), 415, "unsupported-media-type"
    ),
    refused(
        "a form", post(b"a=1", **{"content-type": "application/x-www-form-urlencoded"}), 415, "unsupported-media-type"
    ),
    refused(
        "a body that is nested too deep",
        post(b'{"items":' + b"[" * 200 + b"]" * 200 + b"}"),
        422,
        "bad-input",
        input={"": "it is nested over 128 levels deep"},
    ),
    refused(
        "a body that is nested deeper than JSON is read",
        post(b'{"items":' + b"[" * 5000 + b"]" * 5000 + b"}"),
        422,
        "bad-input",
        input={"": "it is nested over 128 levels deep"},
    ),
    refused("a body over its limit", post(b" " * 1_000_001), 413, "body-too-large"),
    refused(
        "parameters are checked before the body",
        Question("/orders/..", method="POST", headers=JSON, body=b"{"),
        422,
        "bad-parameter",
    ),
    refused(
        "a schema may be in a file beside fanin.toml",
        Question("/filed", method="PUT", headers=JSON, body=b"[1, 2, 3]"),
        422,
        "bad-input",
        input={"": "it has more than 2 items"},
    ),
    Case(
        "a source's value that is not as its expect says is undecodable",
        Question("/filed", method="PUT", headers=JSON, body=b"[1, 2]"),
        upstream=STOCK | {"GET /other": Gives(1)},
        complete=False,
        sources={"stock": "source-undecodable", "other": "fresh"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Callable[[str, Case], None]) -> None:
    hold("input", case)
