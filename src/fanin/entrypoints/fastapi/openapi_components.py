"""What all operations of the API's description share: headers, bodies, and the answers that are problems."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fanin.config.schemas import JsonSchema
from fanin.contract import answers
from fanin.contract.answers import Answer
from fanin.contract.client_limit import too_many
from fanin.engine.outcome import Outcome, Span, Trace
from fanin.engine.plan import NamedSources
from fanin.engine.problems import type_of
from fanin.engine.refusals import bad_input, unknown_path
from fanin.engine.result import Result
from fanin.errors import (
    MOST_FAILED_ITEMS,
    NotFound,
    SourceError,
    SourceRejected,
    SourceTimeout,
    SourceUnavailable,
    bad_parameters,
)

type Node = dict[str, Any]
"""An object of the document."""

JSON = "application/json"
_PROBLEM_JSON = "application/problem+json"
_REQUEST_ID = "5f0c1d1e-6a0e-4a53-9c3b-0d8f5f6b7a21"


def _header(description: str, *examples: str) -> Node:
    return {"description": description, "schema": {"type": "string", "examples": list(examples)}}


HEADERS: dict[str, Node] = {
    "Fanin-Complete": _header("Whether every source answered for itself (RFC 9651 boolean).", "?1", "?0"),
    "Fanin-Sources": _header(
        "What each source came to: fresh, stale, fallback, partial, skipped, or the type of its problem (RFC 9651).",
        "geo=fresh;age=0;attempts=1, weather=source-timeout;attempts=2",
    ),
    "Server-Timing": _header("Each source's duration, in milliseconds.", "geo;dur=41.3, weather;dur=800.2"),
    "X-Request-Id": _header("The id under which the request is logged.", _REQUEST_ID),
    "Cache-Control": _header("Whether and how long the answer may be kept.", "no-store", "max-age=300"),
    "Age": _header("Seconds since the oldest part of the answer was given; where it may be kept.", "12"),
    "ETag": _header(
        "What to send as If-None-Match, where the answer may be kept.", '"7f0c1d1e6a0e4a539c3b0d8f5f6b7a21"'
    ),
    "Vary": _header(
        "The headers of the request that sources were handed, where the answer may be kept.", "Authorization"
    ),
}
"""The headers of answers that are made of sources."""
LIMIT_HEADERS: dict[str, Node] = {
    "RateLimit-Policy": _header(
        "How many requests a client may make (q), and in how many seconds (w).", '"default";q=60;w=60'
    ),
    "RateLimit": _header(
        "How many requests the client has left (r), and in how many seconds it has more (t).", '"default";r=59;t=61'
    ),
}
"""The headers of every answer of an endpoint with a `client_limit`, and to API keys with limits of their own."""
_RETRY_AFTER: Node = {
    "description": "In how many seconds there is room again.",
    "schema": {"type": "integer", "minimum": 1, "examples": [12]},
}


def schemas() -> dict[str, Node]:
    """Describe the bodies that all answers share."""
    text, number = {"type": "string"}, {"type": "integer", "minimum": 100, "maximum": 599}
    described = {
        "type": {"type": "string", "format": "uri"},
        "title": text,
        "status": number,
        "detail": text,
    }
    types = sorted({type_of(kind.problem) for kind in _kinds(SourceError)})
    of_source = {**described, "type": {"type": "string", "enum": types}, "attempts": {"type": "integer", "minimum": 0}}
    whole = {**described, "request_id": text}
    failed = {"type": "object", "additionalProperties": ref("schemas", "SourceProblem")}
    return {
        "Value": {
            "type": ["object", "array", "string", "number", "boolean"],
            "description": "What a source answered, after its pick and drop.",
        },
        "SourceProblem": mapping(
            of_source | _items(types), required=of_source, closed=False, title="Why a source came to nothing"
        ),
        "Problem": mapping(whole, required=whole, closed=False, title="Problem (RFC 9457)"),
        "FailedProblem": _extended(
            "Why there is no answer, and why each source that failed did",
            {"sources": failed},
        ),
        "SourceFailedProblem": _extended("Why the source came to nothing", {"attempts": of_source["attempts"]}),
        "InputProblem": _extended(
            "What is wrong with the parameters or the body",
            {
                "parameters": {"type": "object", "additionalProperties": text},
                "input": {"type": "object", "additionalProperties": text, "description": "By JSON pointer."},
                "sources": failed,
            },
            required=(),
        ),
        "ParametersProblem": _extended(
            "What is wrong with each parameter, or why each source that failed did",
            {"parameters": {"type": "object", "additionalProperties": text}, "sources": failed},
            required=(),
        ),
    }


def _items(types: list[str]) -> Node:
    """Describe what the problem of a list has beside that of any source."""
    count: Node = {"type": "integer", "minimum": 0}
    item = {"index": count, "type": {"type": "string", "enum": types}, "status": count, "attempts": count}
    items = {"type": "array", "maxItems": MOST_FAILED_ITEMS, "items": mapping(item, required=item)}
    return {
        "failed": count | {"description": "Of a list: how many of its items failed."},
        "items": items | {"description": "Of a list: the first of them, by their places in it."},
    }


def _extended(title: str, fields: Node, required: Iterable[str] | None = None) -> Node:
    extension = mapping(fields, required=fields if required is None else required, closed=False)
    return {"allOf": [ref("schemas", "Problem"), extension], "title": title}


def responses() -> dict[str, Node]:
    """Describe the answers that are problems, each with one that the contract itself gives as its example."""
    timed_out = SourceTimeout("geo", "geo did not answer within 1 s")
    passed = SourceRejected("geo", "geo answered with status 402")
    passed.status, passed.passed = 402, True
    unavailable = SourceUnavailable("geo", "geo answered with status 503")
    refused = bad_parameters([("days", "input should be less than or equal to 16")])
    return {
        "NotFound": problem_response(
            "A required source has no such thing.", "FailedProblem", _failed(NotFound("geo", "geo has no such thing"))
        ),
        "PassedOn": problem_response(
            "A source that decides the answer refused the call, and its refusal is passed on.",
            "FailedProblem",
            _failed(passed),
        ),
        "SourcesFailed": problem_response(
            "A required source failed, or all did.", "FailedProblem", _failed(unavailable)
        ),
        "SourcesTimedOut": problem_response(
            "The required sources did not answer in time.", "FailedProblem", _failed(timed_out)
        ),
        "SourceFailed": problem_response(
            "The source failed.", "SourceFailedProblem", answers.source_failure(unavailable, _REQUEST_ID)
        ),
        "BadParameter": problem_response(
            "A parameter is missing or wrong, or cannot be written where a source has it.",
            "ParametersProblem",
            answers.refusal(refused, _REQUEST_ID),
        ),
        "BadInput": problem_response(
            "A parameter is missing or wrong, the body is not as its schema says, or a part of it cannot be written "
            "where a source has it.",
            "InputProblem",
            answers.refusal(bad_input({"/items/0/count": "it is less than the minimum of 1"}), _REQUEST_ID),
        ),
        "Refused": problem_response(
            "The request is refused (400, 405, 413, 414, 415, 431), or fanin failed (500).",
            "Problem",
            answers.refusal(unknown_path(), _REQUEST_ID),
        ),
    }


def too_many_requests() -> Node:
    """Describe the answer to one request too many."""
    answer = problem_response(
        "The client has made as many requests as `client_limit`, or its API key, allows.",
        "Problem",
        answers.refusal(too_many("order", "60 requests in 1 m", 12), _REQUEST_ID),
    )
    answer["headers"] |= {**headers(*LIMIT_HEADERS), "Retry-After": _RETRY_AFTER}
    return answer


def _kinds(base: type[SourceError]) -> Iterator[type[SourceError]]:
    """Give the leaves of the tree of errors: those that a call can come to."""
    below = base.__subclasses__()
    if not below:
        yield base
    for kind in below:
        yield from _kinds(kind)


def _failed(error: SourceError) -> Answer:
    """Answer as an endpoint does whose only source failed."""
    goal = NamedSources((error.source,))
    result = Result(goal, {error.source: Outcome.failed(error)}, Trace(0, {error.source: Span(0, 0, 1)}))
    return answers.answer(result, _REQUEST_ID)


def problem_response(description: str, schema: str, example: Answer) -> Node:
    """Describe an answer that is a problem, with an example."""
    names = [name for name, _ in example.headers if name in HEADERS]
    content = {"schema": ref("schemas", schema), "example": json.loads(example.body)}
    return {"description": description, "headers": headers(*names), "content": {_PROBLEM_JSON: content}}


def mapping(fields: Mapping[str, Any], *, required: Iterable[str], closed: bool = True, title: str = "") -> Node:
    """Describe a JSON object.

    Args:
        fields: the schema of each field.
        required: the fields that are always there.
        closed: whether there are no others.
        title: what it is.
    """
    schema: Node = {"type": "object", "properties": dict(fields)}
    if always := list(required):
        schema["required"] = always
    if closed:
        schema["additionalProperties"] = False
    return schema | ({"title": title} if title else {})


def placed(schema: JsonSchema, name: str) -> Any:
    """Give a JSON Schema of fanin.toml as a component: its references to parts of itself lead there."""
    return _placed(schema.document, f"#/components/schemas/{name}")


def _placed(node: Any, place: str) -> Any:
    match node:
        case dict():
            return {
                key: place + item.removeprefix("#")
                if key == "$ref" and isinstance(item, str) and item.startswith("#")
                else _placed(item, place)
                for key, item in node.items()
            }
        case list():
            return [_placed(item, place) for item in node]
    return node


def headers(*names: str) -> Node:
    """Refer to headers by their names."""
    return {name: ref("headers", name) for name in names}


def ref(kind: str, name: str) -> Node:
    """Refer to a component, such as `("schemas", "Problem")`."""
    return {"$ref": f"#/components/{kind}/{name}"}
