"""Warnings of conditions whose outcome is fixed: `allow` that nobody passes, `when` that is never true."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fanin.config.expressions import PARAMETERS, Expression
from fanin.config.expressions.kinds import TRUE, Inference, Kinds, Known, Unlike, of_kinds
from fanin.config.expressions.nodes import Node, path_of
from fanin.config.finding import Finding
from fanin.config.format import Config, Endpoint
from fanin.config.mistake import listed
from fanin.config.needs import needs_of
from fanin.config.parameters import Parameter

type Members = Mapping[tuple[str, ...], Known]

_DEEPEST = 8
"""Levels of an `input` that are looked at."""
_WORDS = {
    "array": "a list",
    "boolean": "true or false",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "text": "a text",
}
_OF_TYPES = {"string": "text", "integer": "number", "number": "number", "boolean": "boolean", "list": "array"}
"""What a type of a parameter, or of a JSON Schema, is in expressions; others are called the same."""
_TEXT, _LIST, _MAYBE_TEXT, _OBJECT = (
    Known(of_kinds(frozenset(kinds.split()))) for kinds in ("text", "array", "text null", "object null")
)
_CLAIMS: Mapping[str, Mapping[str, Known]] = {
    "authorizer": {"scopes": _LIST},
    "jwt": {"scopes": _LIST},
    "keys": {"sub": _TEXT, "key": _TEXT, "name": _TEXT, "scopes": _LIST, "limit": _OBJECT},
    "iam": {"sub": _TEXT, "arn": _TEXT} | dict.fromkeys(("account", "user", "organization", "role"), _MAYBE_TEXT),
}
"""What is known of the claims of each kind of callers."""
_SOMETHING = "Compare something of the request: caller.tenant == parameters.tenant"


def fixed_conditions(config: Config) -> Iterator[Finding]:
    """Find each `allow` and `when` that always comes to the same, and comparisons in them of what is never equal.

    Args:
        config: the checked configuration.
    """
    readers: dict[str, list[Endpoint]] = {}
    for endpoint in config.endpoints.values():
        if endpoint.allow is not None:
            yield from _allow(endpoint, endpoint.allow)
        for name in needs_of(endpoint.reads, config.sources):
            readers.setdefault(name, []).append(endpoint)
    for source in config.sources.values():
        if source.when is not None and source.name in readers:
            yield from _when(source.name, source.when, _of_all(readers[source.name]))


def _allow(endpoint: Endpoint, allow: Expression) -> Iterator[Finding]:
    key = ("endpoints", endpoint.name, "allow")
    inference = Inference(_members(endpoint))
    outcomes = inference.of(allow.parsed).outcomes
    if TRUE not in outcomes:
        message = "it is never true, so that nobody passes"
        yield Finding("fixed-condition", key, *_explained(message, inference, outcomes))
    elif outcomes == {TRUE}:
        message = "it is always true, so that everybody passes who may ask"
        yield Finding("fixed-condition", key, *_explained(message, inference, outcomes))
    else:
        yield from _parts(key, inference)


def _when(name: str, when: Expression, members: Members) -> Iterator[Finding]:
    key = ("sources", name, "when")
    inference = Inference(members)
    outcomes = inference.of(when.parsed).outcomes
    kinds = {kind for kind, truth in outcomes if truth}
    if kinds and kinds <= {"number", "text"}:
        what = " or ".join(_WORDS[kind] for kind in sorted(kinds))
        message = f"it gives {what} at best, which refuses {name}"
        yield Finding("fixed-condition", key, message, "Compare it: parameters.city == 'Lisbon'")
    elif not any(truth for _, truth in outcomes):
        yield Finding(
            "fixed-condition", key, *_explained(f"it is never true, so that {name} is never asked", inference, outcomes)
        )
    elif all(truth for _, truth in outcomes):
        message = f"it is always true, so that {name} is always asked"
        yield Finding("fixed-condition", key, *_explained(message, inference, outcomes))
    else:
        yield from _parts(key, inference)


def _parts(key: tuple[str, ...], inference: Inference) -> Iterator[Finding]:
    """Find what is in vain in a condition that as a whole decides something."""
    for message, fix in _reasons(inference):
        yield Finding("fixed-condition", key, message, fix)


def _reasons(inference: Inference) -> Iterator[tuple[str, str]]:
    """Say what makes an outcome fixed, and how to repair it."""
    for unlike in inference.unlike:
        yield _difference(unlike), _fix(unlike)
    for failing in inference.failing:
        taken = " or ".join(_WORDS[kind] for kind in sorted(failing.takes))
        fix = f"Give {failing.function}() {taken}, or use another function"
        yield f"{failing.function}() takes {taken}, and {_said(failing.argument, failing.known)}", fix


def _explained(message: str, inference: Inference, outcomes: frozenset[tuple[str, bool]]) -> tuple[str, str]:
    """Give message and fix of a condition whose outcome is fixed: of the first comparison that makes it so."""
    for reason, fix in _reasons(inference):
        return f"{message}: {reason}", fix
    given = sorted({kind for kind, truth in outcomes if truth} - {"boolean"})
    if given and TRUE not in outcomes:
        what = " or ".join(_WORDS[kind] for kind in given)
        fix = "Compare it, or look into it: contains(caller.scopes, 'orders:read')"
        return f"{message}: it gives {what} at best, and only true passes", fix
    return message, _SOMETHING


def _difference(unlike: Unlike) -> str:
    left, right = (_said(node, known) for node, known in zip(unlike.sides, unlike.known, strict=True))
    if unlike.comparator not in {"eq", "ne"}:
        return f"{left}, and {right}: only two numbers and two texts have an order"
    always = "" if unlike.comparator == "eq" else ", and != is always true"
    return f"{left}, and {right}: they are never equal{always}"


def _said(node: Node, known: Known) -> str:
    """Say of one side of a comparison what it is."""
    text, what = _written(node), " or ".join(_WORDS[kind] for kind in sorted(known.kinds))
    if node["type"] == "literal":
        return f"{text} is {what}"
    if known.values is not None and len(known.values) > 1 and known.kinds != {"boolean"}:
        what = f"one of {listed([_literal(value) for value in known.values])}"
    return f"{text or 'one side'} is {what}"


def _fix(unlike: Unlike) -> str:
    """Say what to write in place of a comparison of two that are never alike."""
    sides = list(zip(unlike.sides, unlike.known, strict=True))
    for (node, known), (other, others) in (sides, sides[::-1]):
        name, kinds = _written(other) or "…", others.kinds - {"null"}
        if "array" in kinds and known.kinds <= {"text", "number", "boolean"}:
            return f"Write contains({name}, {_written(node) or '…'})"
        if node["type"] == "literal" and others.values is not None and kinds & known.kinds:
            return f"Compare it with one of {listed([_literal(value) for value in others.values])}"
        if node["type"] == "literal" and (meant := _as_kind(node["value"], kinds)):
            return f"Write {meant}"
        if kinds == {"text"} and known.kinds == {"number"}:
            return f"Write to_number({name})"
    return "Compare values of the same kind"


def _as_kind(value: Any, kinds: Kinds) -> str:
    """Write a literal as one of other kinds that it may be meant as; empty if it can be none."""
    if kinds == {"text"} and not isinstance(value, str | list | dict | None):
        return f"'{json.dumps(value)}'"
    if isinstance(value, str) and kinds <= {"number", "boolean"}:
        try:
            read = json.loads(value)
        except ValueError:
            return ""
        kind = "boolean" if isinstance(read, bool) else "number" if isinstance(read, int | float) else ""
        return f"`{json.dumps(read)}`" if kind in kinds else ""
    return ""


def _written(node: Node) -> str:
    """Write a literal, or a path of names, as an expression does; empty for anything else."""
    if node["type"] == "literal":
        return _literal(node["value"])
    return ".".join(path_of(node))


def _literal(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else f"`{json.dumps(value)}`"


def _members(endpoint: Endpoint) -> dict[tuple[str, ...], Known]:
    """Say what is known of what a request for an endpoint brings with it."""
    known = {(PARAMETERS, name): _parameter(each) for name, each in endpoint.all_parameters.items()}
    if endpoint.asked_by is not None:
        known |= {("caller", name): each for name, each in _CLAIMS.get(endpoint.asked_by.kind, {}).items()}
    return known | (dict(_schema(("input",), endpoint.input.document)) if endpoint.input else {})


def _of_all(endpoints: list[Endpoint]) -> dict[tuple[str, ...], Known]:
    """Say what is known of what any of some requests brings with it: only what is known of each."""
    first, *others = map(_members, endpoints)
    for other in others:
        first = {path: _either(known, other[path]) for path, known in first.items() if path in other}
    return first


def _either(one: Known, other: Known) -> Known:
    values = (*one.values, *other.values) if one.values is not None and other.values is not None else None
    return Known(one.outcomes | other.outcomes, values)


def _parameter(parameter: Parameter) -> Known:
    if parameter.enum is not None:
        values = parameter.enum.values() if isinstance(parameter.enum, dict) else parameter.enum
        known = Known.one_of(tuple(values))
    elif parameter.type == "boolean":
        known = Known.one_of((True, False))
    else:
        some = of_kinds(frozenset((_OF_TYPES[parameter.type],)))
        empty = parameter.type == "string" and parameter.min_length == 0
        known = Known(some if empty else frozenset(each for each in some if each[1]))
    return _either(known, Known.one_of((None,))) if parameter.optional else known


def _schema(path: tuple[str, ...], schema: Any) -> Iterator[tuple[tuple[str, ...], Known]]:
    """Say what is known of the client's body, and of its members, which may be absent."""
    if not isinstance(schema, dict) or len(path) > _DEEPEST:
        return
    absent = Known.one_of((None,))
    types = schema.get("type", [])
    types = types if isinstance(types, list) else [types]
    if isinstance(schema.get("enum"), list):
        yield path, _either(Known.one_of(tuple(schema["enum"])), absent)
    elif "const" in schema:
        yield path, _either(Known.one_of((schema["const"],)), absent)
    elif types:
        kinds = frozenset(_OF_TYPES.get(each, each) for each in types if isinstance(each, str))
        yield path, _either(Known(of_kinds(kinds)), absent)
    members = schema.get("properties", {})
    for name, member in members.items() if isinstance(members, dict) else ():
        yield from _schema((*path, name), member)
