"""Requests made of the examples of a file: the input has one, too, or is made of those of its members."""

import json
from typing import Any

import pytest

from fanin.config import examples, parse

OBJECT: dict[str, Any] = {"type": "object"}


def request(schema: Any) -> examples.Request | None:
    text = f"""fanin = 1
[sources.a]
value = 1
[endpoints.a]
method = "POST"
path = "/a"
sources = ["a"]
input = {_toml(schema)}
"""
    (endpoint,) = parse(text, {}).endpoints.values()
    return examples.request_of(endpoint)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value)


def _with(required: list[str], **properties: Any) -> dict[str, Any]:
    return {**OBJECT, "required": required, "properties": properties}


NUMBER = _with(["n"], n={"type": "number"})


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        ({**OBJECT, "examples": [{"sku": "tea"}]}, {"sku": "tea"}),
        (OBJECT, {}),
        (_with(["sku"], sku={"type": "string", "examples": ["tea"]}), {"sku": "tea"}),
        (_with(["sku"], sku={"type": "string", "minLength": 3}), {"sku": "xxx"}),
        (_with(["n"], n={"type": "integer", "minimum": 2}), {"n": 2}),
        (_with(["kind", "on"], kind={"enum": ["a", "b"]}, on={"type": "boolean"}), {"kind": "a", "on": True}),
        (_with(["lines"], lines={"type": "array", "minItems": 1, "items": NUMBER}), {"lines": [{"n": 1}]}),
        (_with(["a"], a={"type": ["null", "string"]}), {"a": None}),
        (_with(["a"], a={"const": 7}, b={"type": "string"}), {"a": 7}),
    ],
)  # fmt: skip
def test_an_input_is_asked_with_what_its_schema_takes(schema: Any, body: Any) -> None:
    made = request(schema)
    assert made
    assert made.body == body


@pytest.mark.parametrize(
    "schema", [_with(["when"], when={"type": "string", "pattern": "^[0-9]{4}$"}), {**OBJECT, "minProperties": 1}]
)
def test_where_nothing_says_what_is_taken_there_is_no_request(schema: Any) -> None:
    assert request(schema) is None
