"""Hostile values in every place of a request: an upstream reads the value out of it, in its place, or gets nothing."""

import json
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.parsers import expat

import pytest

from tests.contract.ask import Question
from tests.contract.own.conftest import Served
from tests.contract.own.upstream import Asked, Gives, Upstreams

HOSTILE = [
    "O'Hara",
    "O''Hara' or 1 eq 1 or 'x' eq '",
    'say "hello"',
    "a\\' or \\\"",
    "line\nbreak",
    "line\r\nX-Evil: 1\r\n\r\nGET /evil HTTP/1.1",
    "nul\0byte",
    "a&after=9&b=c",
    "a%00b%0d%0aX-Evil:%201",
    "../../evil",
    "..",
    "%2e%2e%2fevil",
    "a/b?c#d;e",
    "{{input.v}}",
    "{input.v}",
    "{!key}",
    "</x><y>&lt;",
    "Zoë 日本 🦀",
    "a; after=9",
    "a, b",
    "\u2028\u2029\ufeff",
    "+ +",
    "x" * 4000,
]
SCRIPT = {
    **{f"GET /{name}": Gives(1) for name in ("query", "filter", "header", "cookie", "wire", "json", "nested")},
    **{f"POST /{name}": Gives(1) for name in ("form", "body", "xml", "document")},
    "POST /graphql": Gives({"data": 1}),
}


def _by_place(asked: Sequence[Asked]) -> Mapping[str, Asked]:
    return {urlsplit(each.line.partition(" ")[2]).path.split("/")[1]: each for each in asked}


def _query(asked: Asked) -> list[tuple[str, str]]:
    return parse_qsl(asked.line.partition("?")[2], strict_parsing=True)


def _document(body: bytes) -> list[tuple[str, str]]:
    """Read XML: the attributes, and each element with its text."""
    found: list[tuple[str, str]] = []
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        found.extend(attributes.items())
        found.append((name, ""))

    def text(part: str) -> None:
        found[-1] = (found[-1][0], found[-1][1] + part)

    parser.StartElementHandler, parser.CharacterDataHandler = start, text
    parser.Parse(body, True)  # noqa: FBT003 - expat takes it by its place
    return found


def _check(value: str, asked: Mapping[str, Asked]) -> None:
    """Parse what came, as an upstream does."""
    assert _query(asked["query"]) == [("before", "1"), ("v", value), ("after", "2")]
    assert _query(asked["filter"]) == [("$filter", f"Name eq '{value.replace("'", "''")}'")]
    assert parse_qsl(asked["form"].body.decode(), strict_parsing=True) == [
        ("before", "1"),
        ("v", value),
        ("after", "2"),
    ]
    assert asked["graphql"].json["variables"] == {"v": value}
    assert asked["graphql"].json["query"] == "query ($v: String!) { echo(v: $v) }"
    assert asked["body"].json == {"v": value, "text": f"<{value}>", "after": 2}
    assert asked["xml"].json == f"<x>{value}</x>"
    ((_, text),) = [pair for pair in _query(asked["json"]) if pair not in {("before", "1"), ("after", "2")}]
    assert json.loads(text) == {"v": value}
    ((_, inner),) = [pair for pair in _query(asked["nested"]) if pair not in {("before", "1"), ("after", "2")}]
    assert parse_qsl(inner, strict_parsing=True) == [("v", value), ("w", "3")]
    if "document" in asked:
        assert asked["document"].headers["content-type"] == "text/xml; charset=utf-8"
        assert _document(asked["document"].body) == [("v", value), ("a:x", ""), ("v", value), ("w", "{")]
    if "header" in asked:
        assert asked["header"].headers["x-value"] == f"<{value}>"
    if "cookie" in asked:
        assert asked["cookie"].headers["cookie"] == f"v={value}; after=2"
        assert not set(value) & set(' ;,"\\')
    for each in asked.values():
        assert "x-evil" not in each.headers


@pytest.mark.parametrize("value", HOSTILE)
def test_nothing_leaves_its_place(value: str, served: Served, upstreams: Upstreams) -> None:
    """A header, a cookie, a path and XML refuse what they cannot hold; every other place takes any text."""
    for model, ask in served("places").items():
        path = f"/path/{quote(value, safe='')}/end"
        upstreams.play(SCRIPT | {f"GET {path}": Gives(1)})
        question = Question(
            "/places",
            method="POST",
            headers={"content-type": "application/json"},
            body=json.dumps({"v": value}).encode(),
        )
        reply = ask(question)
        assert reply.status == 200, model
        assert upstreams.unexpected == [], model
        asked = _by_place(upstreams.asked)
        _check(value, asked)
        printable = value.isascii() and value.isprintable()
        assert ("header" in asked) is printable, model
        assert ("path" in asked) is (value != ".."), model
        assert ("document" in asked) is ("\0" not in value), model
        if "path" in asked:
            assert unquote(asked["path"].line) == f"GET /path/{value}/end"
        refused = {name for name, state in reply.sources.items() if state == "value-refused"}
        assert refused == {"path", "header", "cookie", "document"} - asked.keys(), model


@pytest.mark.parametrize("value", HOSTILE)
def test_nor_does_what_comes_under_another_name_on_the_wire(value: str, served: Served, upstreams: Upstreams) -> None:
    """A parameter is read by its wire name, and written in its own place."""
    for model, ask in served("places").items():
        upstreams.play(SCRIPT)
        reply = ask(Question("/wire", f"{quote('filter[x]', safe='')}={quote(value, safe='')}"))
        assert reply.status == 200, (model, reply.content)
        (asked,) = upstreams.asked
        assert _query(asked) == [("v", value)], model


def test_a_lone_surrogate_is_no_text(served: Served, upstreams: Upstreams) -> None:
    """It has no encoding, and never gets as far as a source."""
    for model, ask in served("places").items():
        upstreams.play(SCRIPT)
        headers = {"content-type": "application/json"}
        reply = ask(Question("/places", method="POST", headers=headers, body=b'{"v": "\\ud800"}'))
        assert reply.status in {400, 422}, model
        assert upstreams.asked == []
