"""fanin.config.keywords: words in JSON Schemas that are spelled like a keyword."""

import pytest

from fanin.config import parse
from fanin.config.warn import warnings


def found(key: str, schema: str) -> list[tuple[str, str]]:
    """Give message and fix of what is warned of in a schema in TOML."""
    expect, given = (f"expect = {schema}", "") if key == "expect" else ("", f"input = {schema}")
    text = f"""fanin = 1
[sources.a]
url = "https://a.example/"
{expect}
[endpoints.e]
method = "POST"
path = "/e"
sources = ["a"]
{given}
"""
    told = [finding for finding in warnings(parse(text, {}), text) if finding.rule == "unknown-keyword"]
    assert all(finding.line for finding in told)
    return [(finding.message, finding.fix) for finding in told]


@pytest.mark.parametrize("key", ["expect", "input"])
@pytest.mark.parametrize(
    "schema",
    [
        "{ requierd = ['a'] }",
        "{ properties = { a = { requierd = ['b'] } } }",
        "{ anyOf = [{ items = { requierd = ['b'] } }] }",
        "{ '$defs' = { a = { not = { requierd = ['b'] } } } }",
    ],
)
def test_a_misspelt_keyword_is_warned_of_wherever_a_schema_stands(key: str, schema: str) -> None:
    """Without a warning such a schema would take anything."""
    assert found(key, schema) == [("'requierd' is no keyword of JSON Schema, and says nothing", "Write 'required'")]


@pytest.mark.parametrize(
    "schema",
    [
        "{ properties = { requierd = { type = 'string' } }, required = ['requierd'] }",
        "{ enum = [{ requierd = 1 }], default = { requierd = 1 } }",
        "{ x-owner = 'shop', title = 'requierd' }",
        "true",
    ],
)
def test_names_values_and_remarks_are_no_keywords(schema: str) -> None:
    assert found("expect", schema) == []
