"""A schema of an OpenAPI document as a JSON Schema of fanin.toml: with what it refers to, and not larger than wanted.

What is left out makes the schema weaker, so that it never refuses what the document takes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import orjson

from fanin.cli.adding.openapi import Document, Node, items, line, table
from fanin.config.values import Json

MOST_BYTES = 64_000
"""Of a schema, as JSON; what is referred to beyond that is taken as it comes."""
_MOST_DEFINITIONS = 500
_MOST_REFERENCES = 2_000
"""Schemas that one refers to, before what does not fit is left out."""
_MOST_STEPS = 50_000
"""Schemas within each other."""
_MOST_PATTERNS = 200
_LONGEST_PATTERN = 500
"""Patterns, and characters of one, that are tried: to build one may take long."""

type Side = Literal["request", "response"]

_SAME: Final = (
    *("minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"),
    *("multipleOf", "const"),
)
"""Keywords that are taken as they are."""
_TYPES = frozenset(("string", "number", "integer", "boolean", "object", "array", "null"))
_PASSED_OVER = frozenset(
    (
        *("not", "if", "then", "else", "dependentSchemas", "dependentRequired", "contains", "minContains"),
        *("maxContains", "propertyNames", "unevaluatedProperties", "unevaluatedItems", "patternProperties"),
        *("$dynamicRef", "$id", "$anchor"),
    )
)
"""Keywords that say more than is taken."""


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema, and what it does not say.

    Args:
        document: JSON Schema 2020-12.
        left_out: what of the document's schema is not in it, in words.
    """

    document: Node
    left_out: tuple[str, ...] = ()


def schema_of(document: Document, node: Json, side: Side) -> Schema | None:
    """Make the schema of a body.

    Args:
        document: the OpenAPI document.
        node: its schema.
        side: whether the body is a request's or a response's. A response may have members that the document does not
            name, and its formats are not checked, since APIs add to both.

    Returns:
        None if it says nothing.
    """
    made = _Maker(document, side).made(node)
    return made if made.document else None


@dataclass(slots=True)
class _Maker:
    """Makes a schema: first itself, then what it refers to, nearest first, as long as there is room."""

    document: Document
    side: Side
    names: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, None] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    steps: int = 0
    patterns: int = 0

    def made(self, node: Json) -> Schema:
        root = self.one(node)
        if len(orjson.dumps(root)) > MOST_BYTES:
            return Schema({}, (f"its schema, which is over {MOST_BYTES // 1000} kB",))
        definitions: dict[str, Any] = {}
        size, dropped = len(orjson.dumps(root)), set[str]()
        while self.waiting:
            reference = self.waiting.pop(0)
            name = self.names[reference]
            if size > MOST_BYTES or len(definitions) >= _MOST_DEFINITIONS:
                dropped.add(name)
                continue
            before = len(self.waiting)
            one = self.one(self.document.at(reference))
            added = len(orjson.dumps(one)) + len(name) + 4
            if size + added > MOST_BYTES:
                dropped.add(name)
                for unseen in self.waiting[before:]:
                    del self.names[unseen]
                del self.waiting[before:]
                continue
            definitions[name], size = one, size + added
        if dropped:
            self.left_out[f"of its schema, which is over {MOST_BYTES // 1000} kB, {len(dropped)} parts"] = None
            root = _without(root, dropped)
            definitions = {name: _without(one, dropped) for name, one in definitions.items()}
        root, definitions = _inlined(root, definitions)
        if definitions and root:
            root |= {"$defs": definitions}
        return Schema(root, tuple(self.left_out))

    def one(self, node: Json) -> Node:
        """Make one schema; what it refers to waits."""
        self.steps += 1
        if self.steps > _MOST_STEPS:
            self.left_out[f"what is beyond {_MOST_STEPS} schemas"] = None
            return {}
        if node is False:
            return {"not": {}}
        given = table(node)
        made = self._referred(given["$ref"]) if "$ref" in given else {}
        nullable = True in (given.get("nullable"), given.get("x-nullable"))
        kinds = [*items(given.get("type")), *([given["type"]] if isinstance(given.get("type"), str) else [])]
        if kinds and all(kind in _TYPES for kind in kinds):
            kinds = [*kinds, *(["null"] if nullable and "null" not in kinds else [])]
            made["type"] = kinds[0] if len(kinds) == 1 else kinds
        if isinstance(values := given.get("enum"), list) and values:
            made["enum"] = [*values, *([None] if nullable and None not in values else [])]
        made |= {key: given[key] for key in _SAME if key in given}
        made |= _bounds(given)
        made |= self._objects(given)
        made |= self._parts(given)
        if isinstance(pattern := given.get("pattern"), str):
            made |= self._pattern(pattern)
        if self.side == "request" and isinstance(given.get("format"), str):
            made["format"] = given["format"]
        for key in sorted(_PASSED_OVER & given.keys()):
            self.left_out[f"{key!r} of its schema"] = None
        if nullable and "type" not in made and made.keys() & {"$ref", "allOf", "anyOf"}:
            return {"anyOf": [made, {"type": "null"}]}
        return made if takes_itself(made) else {}

    def _pattern(self, pattern: str) -> Node:
        self.patterns += 1
        tried = self.patterns <= _MOST_PATTERNS and len(pattern) <= _LONGEST_PATTERN
        if tried and takes({"pattern": pattern}):
            return {"pattern": pattern}
        self.left_out["patterns that are long, many, or not in Rust's syntax"] = None
        return {}

    def _objects(self, given: Node) -> Node:
        """Make what it says of members."""
        made: Node = {}
        members = table(given.get("properties"))
        mark = {"request": "readOnly", "response": "writeOnly"}[self.side]
        hidden = {name for name, each in members.items() if self._is(mark, each)}
        left = hidden if self.side == "response" else frozenset[str]()  # a request may have what nobody reads
        if shown := {name: self.one(each) for name, each in members.items() if name not in left}:
            made["properties"] = shown
        required = [name for name in items(given.get("required")) if isinstance(name, str) and name not in hidden]
        if required:
            made["required"] = list(dict.fromkeys(required))
        others = given.get("additionalProperties")
        if isinstance(others, dict) and others and "patternProperties" not in given:
            made["additionalProperties"] = self.one(others)
        elif others is False and self.side == "request" and "patternProperties" not in given:
            made["additionalProperties"] = False
        return made

    def _is(self, mark: str, member: Json) -> bool:
        """Whether a member is marked as `readOnly`, or the like, where it stands or where it leads."""
        return table(member).get(mark) is True or self.document.followed(member, lenient=True).get(mark) is True

    def _parts(self, given: Node) -> Node:
        """Make what it is made of: items, and schemas that hold together or one of which does."""
        made: Node = {}
        if isinstance(given.get("items"), dict):
            made["items"] = self.one(given["items"])
        if isinstance(first := given.get("prefixItems"), list) and first:
            made["prefixItems"] = [self.one(each) for each in first]
        if isinstance(every := given.get("allOf"), list) and every:
            made["allOf"] = [self.one(each) for each in every]
        # Documents have oneOf for schemas that overlap; a value that several take is as good.
        some = [each for key in ("anyOf", "oneOf") if isinstance(given.get(key), list) for each in [given[key]] if each]
        if len(some) == 1:
            made["anyOf"] = [self.one(each) for each in some[0]]
        elif some:
            made.setdefault("allOf", []).extend({"anyOf": [self.one(each) for each in one]} for one in some)
        return made

    def _referred(self, reference: Json) -> Node:
        if not isinstance(reference, str) or not isinstance(self.document.at(reference), dict | bool):
            self.left_out[f"what {line(reference, 60)} refers to, which is not in the document"] = None
            return {}
        if reference not in self.names and len(self.names) >= _MOST_REFERENCES:
            self.left_out[f"what is beyond {_MOST_REFERENCES} references"] = None
            return {}
        if reference not in self.names:
            self.names[reference] = self._named(reference)
            self.waiting.append(reference)
        return {"$ref": f"#/$defs/{self.names[reference]}"}

    def _named(self, reference: str) -> str:
        last = reference.rpartition("/")[2]
        plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in last[:60]) or "schema"
        taken, name, number = set(self.names.values()), plain, 1
        while name in taken:
            number += 1
            name = f"{plain}_{number}"
        return name


def _bounds(given: Node) -> Node:
    """Make bounds of numbers; up to OpenAPI 3.0 a boolean says whether one is itself outside."""
    made: Node = {}
    for bound, outside in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        value, exclusive = given.get(bound), given.get(outside)
        if _is_number(value):
            made[outside if exclusive is True else bound] = value
        if _is_number(exclusive):
            made[outside] = exclusive
    return made


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _inlined(root: Node, definitions: dict[str, Any]) -> tuple[Node, dict[str, Any]]:
    """Put what the root refers to in its place, if nothing else refers to it."""
    name = str(root.get("$ref", "")).removeprefix("#/$defs/")
    if len(root) != 1 or name not in definitions:
        return root, definitions
    if orjson.dumps(definitions).count(orjson.dumps({"$ref": f"#/$defs/{name}"})[1:-1]):
        return root, definitions
    return definitions[name], {other: each for other, each in definitions.items() if other != name}


def _without(node: Any, dropped: set[str]) -> Any:
    """Take references to what is left out from a schema: any value is then as good."""
    match node:
        case {"$ref": str(reference)} if reference.removeprefix("#/$defs/") in dropped:
            return {key: _without(each, dropped) for key, each in node.items() if key != "$ref"}
        case dict():
            return {key: _without(each, dropped) for key, each in node.items()}
        case list():
            return [_without(each, dropped) for each in node]
    return node


def takes(schema: Node) -> bool:
    """Whether fanin takes a schema, which refers to nothing."""
    import jsonschema_rs  # noqa: PLC0415 - commands without a schema need it not

    try:
        jsonschema_rs.validator_for(schema, offline=True, pattern_options=jsonschema_rs.RegexOptions())
    except (ValueError, jsonschema_rs.ReferencingError):
        return False
    return True


def takes_itself(made: Node) -> bool:
    """Whether the keywords of a schema have values that they can have; what is below them was looked at before."""
    flat: Node = {key: value for key, value in made.items() if key in _SAME or key in ("type", "enum", "required")}
    flat |= {key: made[key] for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum") if key in made}
    return not flat or takes(flat)


def flat_members(document: Document, node: Json, side: Side = "request") -> Iterator[tuple[str, Node, bool]]:
    """Give the members of an object's schema, those of `allOf` included, each with whether it is required."""
    members, required, seen = dict[str, Node](), set[str](), set[int]()
    waiting = [node]
    while waiting:
        one = document.followed(waiting.pop(0), lenient=True)
        if id(one) in seen:
            continue
        seen.add(id(one))
        for name, each in table(one.get("properties")).items():
            member = document.followed(each, lenient=True)
            if side == "response" or member.get("readOnly") is not True:
                members[name] = member
        required |= {name for name in items(one.get("required")) if isinstance(name, str)}
        waiting += items(one.get("allOf"))
    for name, member in members.items():
        yield name, member, name in required
