"""The JSON Schema of fanin.toml, by which editors complete, explain and check it while it is written.

Draft 7, with `definitions`: what editors of TOML know best. Its texts are the docstrings of the models, read from
their source, so that nothing of this is paid for when a function starts.
"""

import ast
import inspect
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from fanin.config.format import Config
from fanin.config.kinds.register import KINDS
from fanin.config.kinds.upstream import JOINED, MAY_BE_OFF
from fanin.config.source import Source
from fanin.config.table import READ_FROM, parts_of
from fanin.config.units import BYTES, Duration, Size, spelled

DIALECT = "http://json-schema.org/draft-07/schema#"
FILE_NAME = "fanin.schema.json"
"""What it is called where it is committed; fanin.toml names it in its first line, `#:schema ./fanin.schema.json`."""

type Schema = dict[str, Any]

_OFF: Schema = {"const": False, "description": "Leaves out what the upstream says."}


def json_schema() -> Schema:
    """Make the schema."""
    schema, definitions = _described(Config)
    kinds = []
    for kind in KINDS:
        table, parts = _described(kind)
        kinds.append(table)
        definitions |= parts
    definitions[Source.__name__] = _of_any_kind(kinds)
    tables: tuple[type[BaseModel], ...] = (Config, *KINDS)
    for model in dict.fromkeys(each for table in tables for each in _models(table) if each is not Source):
        if model.__name__ in _read_from(schema) | _read_from(definitions):
            table, parts = _described(model)
            definitions |= {model.__name__: table, **parts}
    told = _without_null(_closed(schema | {"definitions": definitions}))
    return {"$schema": DIALECT, "title": "fanin.toml", **told}


def _described(model: type[BaseModel]) -> tuple[Schema, dict[str, Schema]]:
    """Give the schema of a model, and those that it refers to, by their names."""
    schema = model.model_json_schema(schema_generator=_Generator, ref_template="#/definitions/{model}")
    models = {part.__name__: part for part in _models(model)}
    definitions = {name: _told(models[name], part) for name, part in schema.pop("$defs", {}).items()}
    return _told(model, schema), definitions


def _read_from(node: Any) -> set[str]:
    """Name the models that a schema, or a part of one, has apart."""
    if isinstance(node, list):
        return {name for item in node for name in _read_from(item)}
    if not isinstance(node, dict):
        return set()
    return {node[READ_FROM]} if READ_FROM in node else _read_from(list(node.values()))


def _of_any_kind(kinds: list[Schema]) -> Schema:
    """Describe a source by the keys of all kinds: messages of `oneOf` are unreadable, and `fanin check` is exact."""
    properties = {key: part for kind in reversed(kinds) for key, part in kind["properties"].items()}
    about = {"description": inspect.getdoc(Source), "type": "object", "additionalProperties": False}
    own_first = sorted(properties, key=lambda key: key in Source.model_fields)
    return about | {"properties": {key: _maybe_off(key, properties[key]) for key in own_first}}


def _maybe_off(key: str, part: Schema) -> Schema:
    """Let `false` stand for a key that leaves out what an upstream says, and for an entry of a table that joins."""
    if key in JOINED:
        part = part | {"additionalProperties": {"anyOf": [part["additionalProperties"], _OFF]}}
    if key not in MAY_BE_OFF:
        return part
    about = {name: part[name] for name in ("description", "default") if name in part}
    rest = {name: value for name, value in part.items() if name not in about}
    return about | {"anyOf": [*(rest.pop("anyOf", None) or [rest]), _OFF]}


class _Generator(GenerateJsonSchema):
    """Pydantic's generator without a title for each key: editors would show it in place of the description."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the signature is pydantic's
        return False


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Give a model and all that stand in its fields."""
    yield model
    for field in model.model_fields.values():
        for part in parts_of(field):
            if issubclass(part, BaseModel):
                yield from _models(part)


def _told(model: type[BaseModel], schema: Schema) -> Schema:
    """Describe each key of a model's schema, and give its default as the file would write it."""
    bases = [base for base in reversed(model.__mro__) if base is not BaseModel and issubclass(base, BaseModel)]
    texts = {name: text for base in bases for name, text in _docstrings(base)}
    properties = {}
    for name, part in schema["properties"].items():
        told = {"description": texts[name]} | part if name in texts else dict(part)
        if "default" in told:
            told["default"] = _written(told)
        properties[name] = told
    without_title = {key: value for key, value in schema.items() if key != "title"}
    return without_title | {"properties": properties}


def _docstrings(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Give the text under each field of a model."""
    statements = [line for node in ast.parse(inspect.getsource(model)).body for line in ast.iter_child_nodes(node)]
    for field, text in pairwise(statements):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(docstring))):
                field_of_model = model.model_fields.get(name)
                yield (field_of_model and field_of_model.alias) or name, inspect.cleandoc(docstring)


def _written(schema: Schema) -> Any:
    """Write a default that is kept as seconds or bytes with its unit."""
    match schema.get("pattern"), schema["default"]:
        case str(pattern), int() | float() as length if pattern == _pattern_of(Duration):
            return spelled(length).replace(" ", "")
        case str(pattern), int(size) if pattern == _pattern_of(Size):
            unit = next(unit for unit, factor in BYTES.items() if size % factor == 0)
            return f"{size // BYTES[unit]}{unit}"
    return schema["default"]


def _pattern_of(kind: Any) -> object:
    return TypeAdapter[Any](kind).json_schema()["pattern"]


def _closed(node: Any) -> Any:
    """Let tables of named parts take no other names than `patternProperties` has, and link those that are apart."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    if READ_FROM in node:
        linked = {key: value for key, value in node.items() if key != READ_FROM}
        return linked | {"$ref": f"#/definitions/{node[READ_FROM]}"}
    closed = {key: _closed(value) for key, value in node.items()}
    return closed | {"additionalProperties": False} if "patternProperties" in closed else closed


def _without_null(node: Any) -> Any:
    """Leave null out, as a type and as a default: TOML has none."""
    if isinstance(node, list):
        return [_without_null(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: _without_null(value) for key, value in node.items() if (key, value) != ("default", None)}
    options = [option for option in kept.pop("anyOf", []) if option != {"type": "null"}]
    return kept | (options[0] if len(options) == 1 else {"anyOf": options} if options else {})
