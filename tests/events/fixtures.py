"""The fixtures of `tests/events/events`, each with the answer that it must give, and the check of an answer.

`<function>/<name>.json` is a bare event, as `sam local invoke -e` takes it. `answers.json` says under
`<name>` what a function must answer to it:

    rule      what the fixture shows, in a sentence
    status    the HTTP status
    problem   the last part of the problem's type; missing where the answer is none
    headers   some of the answer's headers, names in lower case; null for one that it must not have
    body      values in the body, by JSON pointer
    has       JSON pointers of what the body must have, whatever its value
    lacks     JSON pointers of what it must not have
    messages  the messages of a batch that are handed back
    empty     true where the answer to HEAD leaves its body out
    config    the fanin.toml to serve, from the repository's root; missing where it is the root's own
    upstream  the rules for the demo upstream
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from http import HTTPStatus
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
EVENTS = Path(__file__).with_name("events")
TYPES = "https://fanin.example/problems/"
_NOTHING = object()


@dataclass(frozen=True)
class Expected:
    """An entry of answers.json."""

    rule: str
    status: int
    headers: Mapping[str, str | None]
    problem: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    empty: bool = False
    config: str = "fanin.toml"
    upstream: Mapping[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Fixture:
    """An event for a function.

    Args:
        function: `gateway`, `sync` or `django`.
        name: what the file is called.
        event: the event.
        expected: what the function must answer.
    """

    function: str
    name: str
    event: Any
    expected: Expected

    def __str__(self) -> str:
        """Name it as its file."""
        return f"{self.function}/{self.name}"


def fixtures() -> list[Fixture]:
    """Read every fixture."""
    answers = json.loads((EVENTS / "answers.json").read_text())
    return [
        Fixture(file.parent.name, file.stem, json.loads(file.read_text()), Expected(**answers[file.stem]))
        for file in sorted(EVENTS.glob("*/*.json"))
        if file.parent.name not in {"live", "jobs"}  # no HTTP: tests/websocket and tests/jobs ask with these
    ]


def check(response: Any, fixture: Fixture) -> None:
    """Assert that a function's response is the one that a fixture must give.

    Args:
        response: what the handler gave, or what `sam local invoke` printed, read as JSON.
        fixture: the fixture.
    """
    expected = fixture.expected
    well_formed(response, fixture.event)
    assert response["statusCode"] == expected.status, response
    headers = headers_of(response)
    assert {name: headers.get(name) for name in expected.headers} == dict(expected.headers)
    assert [failure["itemIdentifier"] for failure in response.get("batchItemFailures", [])] == list(expected.messages)
    if expected.status == HTTPStatus.NO_CONTENT:
        assert not response["body"]
        return
    assert bool(response["body"]) != expected.empty
    if expected.empty:
        assert int(headers["content-length"]) > 0
        return
    if headers["content-type"].startswith("text/"):
        return
    body = json.loads(response["body"])
    if expected.problem:
        assert body["type"] == TYPES + expected.problem
        assert body["status"] == expected.status
    assert {pointer: _at(body, pointer) for pointer in expected.body} == dict(expected.body)
    assert [pointer for pointer in expected.has if _at(body, pointer) is _NOTHING] == []
    assert [pointer for pointer in expected.lacks if _at(body, pointer) is not _NOTHING] == []


def well_formed(response: Any, event: Any) -> None:
    """Assert that a response is one that Lambda and what stands before it can hand on.

    Args:
        response: what the handler gave.
        event: what it was given.
    """
    json.dumps(response, allow_nan=False).encode()
    assert type(response["statusCode"]) is int
    assert 100 <= response["statusCode"] <= 599
    assert type(response["body"]) is str
    assert type(response["isBase64Encoded"]) is bool
    response["body"].encode()
    context = event.get("requestContext") if isinstance(event, dict) else None
    if isinstance(context, dict) and "elb" in context and "statusDescription" in response:
        assert response["statusDescription"].startswith(f"{response['statusCode']} ")
    assert ("headers" in response) != ("multiValueHeaders" in response)
    headers = headers_of(response)
    assert all(_sendable(name) and _sendable(value) for name, value in headers.items()), headers
    assert headers["x-request-id"]
    assert headers.get("content-type") or response["statusCode"] == HTTPStatus.NO_CONTENT


def headers_of(response: Mapping[str, Any]) -> dict[str, str]:
    """Give a response's headers, names in lower case, those of the multi-value format joined."""
    multiple = response.get("multiValueHeaders")
    given = response["headers"] if multiple is None else {name: ",".join(texts) for name, texts in multiple.items()}
    return {name.lower(): value for name, value in given.items()}


def _sendable(text: object) -> bool:
    return isinstance(text, str) and text.isascii() and (text.isprintable() or not text)


def _at(body: Any, pointer: str) -> Any:
    """Follow a JSON pointer (RFC 6901); `_NOTHING` where it leads nowhere."""
    return reduce(_step, pointer.split("/")[1:], body)


def _step(value: Any, token: str) -> Any:
    name = token.replace("~1", "/").replace("~0", "~")
    if isinstance(value, list):
        return value[int(name)] if name.isdecimal() and int(name) < len(value) else _NOTHING
    return value.get(name, _NOTHING) if isinstance(value, dict) else _NOTHING
