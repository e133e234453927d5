"""What one parameter of an operation is: its type and bounds, as an endpoint declares them."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from fanin.cli.adding.openapi import Node, items, sentence, table, text
from fanin.config.mistake import Mistake
from fanin.config.parameters import Parameter
from fanin.config.values import Json

_TYPES = ("string", "integer", "number", "boolean")
_MOST_ENUM = 100
_GIVEN_UP = ("example", "pattern", "enum", "minimum", "maximum", "min_length", "max_length", "items", "default")
"""Keys of a declaration that are left out, in this order, until fanin takes it."""


@dataclass(frozen=True, slots=True)
class Given:
    """A parameter as the document has it.

    Args:
        name: its name there.
        place: `path`, `query`, `header` or `cookie`.
        required: whether the API needs it.
        node: all that the document says of it.
        schema: its schema.
    """

    name: str
    place: str
    required: bool
    node: Node
    schema: Node


def type_of(schema: Node) -> str:
    """Give a parameter's type in the words of JSON Schema; a text if the document says nothing else."""
    kinds = [schema["type"]] if isinstance(schema.get("type"), str) else items(schema.get("type"))
    kinds = [kind for kind in kinds if kind != "null"]
    if len(kinds) == 1 and kinds[0] in (*_TYPES, "array", "object"):
        return str(kinds[0])
    return "object" if "properties" in schema else "string"


def declared_of(each: Given) -> tuple[dict[str, Any], list[str]]:
    """Declare what a parameter is; gives its table, and what the document says of it beyond that."""
    kind = type_of(each.schema)
    declared: dict[str, Any] = {}
    if kind == "array":
        item = table(each.schema.get("items"))
        own = _bounded(item, type_of(item) if type_of(item) in _TYPES else "string")
        declared = {"type": "list"} | ({"items": own} if own else {})
    else:
        declared = _bounded(each.schema, kind if kind in _TYPES else "string")
    for key in ("default", "example"):
        value = each.schema.get(key, each.node.get(key))
        if value is not None and _is_plain(value):
            declared[key] = value
    if about := sentence(each.node.get("description") or each.schema.get("description"), 100):
        declared["description"] = about
    lost = []
    for key in _GIVEN_UP:
        if is_taken(declared):
            break
        if key in declared:
            lost.append(f"without its {key}")
            del declared[key]
    return declared, lost


def _bounded(schema: Node, kind: str) -> dict[str, Any]:
    """Write type and bounds of a value, as far as fanin has them."""
    bounded: dict[str, Any] = {} if kind == "string" else {"type": kind}
    values = [value for value in items(schema.get("enum")) if value not in (None, "")]
    if values and len(values) <= _MOST_ENUM and all(_is_plain(value) for value in values):
        bounded["enum"] = values
    if kind == "string" and "enum" not in bounded:
        for key, name in (("min_length", "minLength"), ("max_length", "maxLength")):
            size = schema.get(name)
            if isinstance(size, int) and not isinstance(size, bool):
                bounded[key] = min(max(size, 1), 4096)
        pattern = text(schema.get("pattern"))
        if pattern.startswith("^") and pattern.endswith("$") and not pattern.endswith("\\$") and "|" not in pattern:
            bounded["pattern"] = pattern[1:-1]
    if kind in ("integer", "number") and "enum" not in bounded:
        for key in ("minimum", "maximum"):
            if isinstance(value := schema.get(key), int | float) and not isinstance(value, bool):
                bounded[key] = value
    return bounded


def _is_plain(value: Json) -> bool:
    """Whether a value is a text of printable characters, a number or a boolean, which TOML has."""
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return (isinstance(value, str) and value.isprintable() and len(value) <= 256) or isinstance(value, float)


def is_taken(declared: dict[str, Any]) -> bool:
    """Whether fanin takes the declaration of a parameter."""
    try:
        Parameter.model_validate(declared)
    except (ValidationError, Mistake):
        return False
    return True
