"""The cases: what /openapi.json says of each endpoint, and what fanin promises of every deployment.

Nothing that writes is asked: the examples of a POST would be written.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from fanin.local.smoke.ask import Question, Reply

_FANINS: Final = {"prefer", "idempotency-key"}
"""Headers that make a job of a request."""
_PROBLEM: Final = "application/problem+json"
_JSON: Final = ("application/json", _PROBLEM)

type Node = Mapping[str, Any]


@dataclass(frozen=True)
class Case:
    """Something that holds.

    Args:
        rule: what, in a sentence.
        question: what is asked.
        check: raises AssertionError, with what is wrong, if the reply breaks the rule.
    """

    rule: str
    question: Question
    check: Callable[[Reply], None]


def of_every_model(document: Node) -> Iterator[Case]:
    """Yield the cases of an execution model; targets are below its prefix.

    Args:
        document: the deployment's /openapi.json.
    """
    for path, operations in document["paths"].items():
        operation = operations.get("get")
        if operation is None or "endpoints" not in operation.get("tags", ()):
            continue
        example = _example(path, operation)
        if example is None:
            continue
        yield Case(f"{path} answers its example", example, _answered)
        yield Case(f"{path} answers HEAD without a body", _with_method(example, "HEAD"), _answered_without_body)
        if "delete" not in operations:
            yield Case(f"{path} refuses a method that it does not have", _with_method(example, "DELETE"), _wrong_method)
        for parameter in operation.get("parameters", ()):
            if refused := _out_of_bounds(path, operation, parameter):
                rule = f"{path} refuses a wrong value of {parameter['name']}"
                yield Case(rule, refused, _problem(422, "bad-parameter"))
    yield Case("an unknown path is a problem", Question("/no-such-path"), _problem(404, "unknown-path"))
    yield Case(
        "a query that is too long is refused", Question(f"/no-such-path?{'x' * 8200}"), _problem(414, "uri-too-long")
    )


def of_the_gateway() -> Iterator[Case]:
    """Yield the cases of what the gateway has besides."""
    yield Case("/health answers", Question("/health"), _found("application/json"))
    yield Case("/docs answers", Question("/docs"), _found("text/html"))


def unasked(document: Node) -> list[str]:
    """Name the operations that no case asks for: those that write, and those whose parameters have no examples."""
    return [
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "endpoints" in operation.get("tags", ()) and (method != "get" or _example(path, operation) is None)
    ]


def _example(path: str, operation: Node, instead: Mapping[str, str] | None = None) -> Question | None:
    """Fill an operation's parameters with their examples; None if one that it needs has none.

    Args:
        path: the operation's path.
        operation: the operation.
        instead: values that stand in for examples, by parameter.
    """
    query, headers, cookies = list[tuple[str, str]](), dict[str, str](), list[str]()
    for parameter in operation.get("parameters", ()):
        name, place = parameter["name"], parameter["in"]
        if place == "header" and name.lower() in _FANINS:
            continue
        texts = [instead[name]] if instead and name in instead else _texts(parameter)
        if texts is None:
            if parameter.get("required"):
                return None
        elif place == "path":
            path = path.replace(f"{{{name}}}", quote(texts[0], safe=""))
        elif place == "header":
            headers[name] = ",".join(texts)
        elif place == "cookie":
            cookies.append(f"{name}={','.join(texts)}")
        else:
            query += ((name, text) for text in ([",".join(texts)] if parameter.get("explode") is False else texts))
    if cookies:
        headers["Cookie"] = "; ".join(cookies)
    return Question(f"{path}?{urlencode(query, quote_via=quote)}" if query else path, headers=headers)


def _texts(parameter: Node) -> list[str] | None:
    """Write a parameter's example as a client does, a text for each item of a list; None if it has none."""
    examples = parameter.get("schema", {}).get("examples")
    if not examples:
        return None
    values = examples[0] if isinstance(examples[0], list) else [examples[0]]
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in values]


def _out_of_bounds(path: str, operation: Node, parameter: Node) -> Question | None:
    """Ask with a value that a parameter does not take; None if it takes any."""
    schema = parameter.get("schema", {})
    if parameter["in"] == "header" or schema.get("type") not in {"integer", "number", "boolean"}:
        return None
    return _example(path, operation, {parameter["name"]: "no-such-value"})


def _with_method(question: Question, method: str) -> Question:
    return Question(question.target, method, question.headers)


def _always(reply: Reply) -> None:
    assert reply.headers.get("x-request-id"), "there is no X-Request-Id"
    assert reply.headers.get("cache-control"), "there is no Cache-Control"
    assert reply.headers.get("x-content-type-options") == "nosniff" or _type(reply) not in _JSON, "nosniff is missing"


def _answered(reply: Reply) -> None:
    _always(reply)
    assert reply.status < 400, f"the status is {reply.status}"
    assert reply.headers.get("fanin-complete") == "?1", f"the answer is partial: {reply.headers.get('fanin-sources')}"
    assert int(reply.headers.get("content-length", "0")) == len(reply.content), "Content-Length is wrong"
    if _type(reply) == "application/json":
        _ = reply.body


def _answered_without_body(reply: Reply) -> None:
    _always(reply)
    assert reply.status < 400, f"the status is {reply.status}"
    assert not reply.content, "there is a body"


def _wrong_method(reply: Reply) -> None:
    _problem(405, "wrong-method")(reply)
    assert "GET" in reply.headers.get("allow", ""), "Allow does not say GET"


def _problem(status: int, kind: str) -> Callable[[Reply], None]:
    def check(reply: Reply) -> None:
        _always(reply)
        assert reply.status == status, f"the status is {reply.status}"
        assert _type(reply) == _PROBLEM, f"the content type is {_type(reply)}"
        body = reply.body
        assert isinstance(body, dict), "the problem is no object"
        assert str(body.get("type", "")).endswith((f"/{kind}", f"#{kind}")), f"the problem is {body.get('type')}"
        assert body.get("request_id") == reply.headers["x-request-id"], "the problem names another request"

    return check


def _found(content_type: str) -> Callable[[Reply], None]:
    def check(reply: Reply) -> None:
        assert reply.status == 200, f"the status is {reply.status}"
        assert _type(reply) == content_type, f"the content type is {_type(reply)}"

    return check


def _type(reply: Reply) -> str:
    return reply.headers.get("content-type", "").partition(";")[0]
