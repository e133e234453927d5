"""JSON Schemas in fanin.toml, inline or in a file beside it, and values held to them.

The library that checks them is imported when a file has one, and is only in bundles whose fanin.toml needs it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

from fanin.config.mistake import Mistake, quoted, shortened
from fanin.config.record import record
from fanin.config.values import Json, static_json, too_deep

if TYPE_CHECKING:
    from jsonschema_rs import ValidationError, Validator

MAX_SCHEMA = 1_000_000
"""Bytes of a schema's file."""
MOST_VIOLATIONS = 20
"""Violations of a value that are named."""
_LONGEST = 200
"""Characters of a violation, or of the pointer to it."""
_MASK = "it"
"""Stands for the value in messages, so that none of it is in them."""

FOLDER = "folder"
"""The key of the validation's context under which the folder of fanin.toml is."""


type Document = dict[str, Any] | bool


@record
class JsonSchema:
    """A JSON Schema (2020-12, or the draft that it names), checked and compiled.

    Args:
        document: the schema.
        path: the file that it is from, relative to fanin.toml's folder; empty for an inline one.
    """

    document: Document
    path: str = ""
    _compiled: "list[Validator]" = field(init=False, repr=False, compare=False)
    """None or one: a schema that a build has checked is compiled when it is first used."""

    def __post_init__(self) -> None:
        """Compile the schema.

        Raises:
            Mistake: it is none, refers to another file or URL, or the library for it is not installed.
        """
        object.__setattr__(self, "_compiled", [_compiled(self.document)])

    def __getstate__(self) -> tuple[Document, str]:
        """Give what is written down of it."""
        return self.document, self.path

    def __setstate__(self, state: tuple[Document, str]) -> None:
        """Take what was written down, which was compiled once."""
        document, path = state
        object.__setattr__(self, "document", document)
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "_compiled", [])

    @property
    def _validator(self) -> "Validator":
        if not self._compiled:
            self._compiled.append(_compiled(self.document))
        return self._compiled[0]

    def takes(self, value: Json) -> bool:
        """Whether a value is as the schema says."""
        return self._validator.is_valid(value)

    def violations(self, value: Json) -> dict[str, str]:
        """Say what is wrong with a value, by JSON pointer (RFC 6901), without any of the value; of much, the first."""
        found: dict[str, str] = {}
        for error in self._validator.iter_errors(value):
            for pointer, message in _told(error):
                if pointer not in found and len(found) == MOST_VIOLATIONS:
                    return found
                before = f"{found[pointer]}; " if pointer in found else ""
                found[pointer] = shortened(before + message, _LONGEST)
        return found


_TYPES_MEANT = {
    **{name: name for name in ("array", "boolean", "integer", "null", "number", "object", "string")},
    **dict.fromkeys(("date", "datetime", "email", "str", "text", "url", "uuid"), "string"),
    **dict.fromkeys(("decimal", "double", "float"), "number"),
    **dict.fromkeys(("int", "long"), "integer"),
    **dict.fromkeys(("dict", "json", "map", "struct", "table"), "object"),
    **dict.fromkeys(("list", "set", "tuple"), "array"),
    **dict.fromkeys(("nil", "none"), "null"),
    "bool": "boolean",
}
"""Types of other languages, and which of JSON Schema's they are."""


def _compiled(document: Document) -> "Validator":
    try:
        import jsonschema_rs  # noqa: PLC0415 - no part of the cold start of a file without a schema
    except ModuleNotFoundError as error:
        raise Mistake("bad-schema", "JSON Schemas need jsonschema-rs", "Install fanin[schema]") from error
    try:
        return jsonschema_rs.validator_for(
            document,
            offline=True,
            validate_formats=True,
            pattern_options=jsonschema_rs.RegexOptions(),  # linear in time
            mask=_MASK,
        )
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        raise _no_schema(error) from error


def _no_schema(error: Exception) -> Mistake:
    """Say where in a schema its mistake is."""
    where: Sequence[str | int] = getattr(error, "instance_path", ())
    at = f" at {quoted(_pointer(where))}" if where else ""
    reason = shortened(str(getattr(error, "message", error)))
    if where and where[-1] == "type":
        reason = "it is no type, which is string, number, integer, boolean, object, array or null"
    fix = "Write JSON Schema 2020-12; $ref only within it, and patterns in Rust's syntax"
    given = getattr(error, "instance", None)
    if where and where[-1] == "type" and isinstance(given, str) and given.lower() in _TYPES_MEANT:
        fix = f'Write type = "{_TYPES_MEANT[given.lower()]}"'
    elif len(where) > 1 and where[-1] == "required" and isinstance(given, bool):
        fix = f'Remove it; the object around it names what it has to have: required = ["{shortened(str(where[-2]))}"]'
    return Mistake("bad-schema", f"it is no JSON Schema{at}: {reason}", fix)


def _told(error: "ValidationError") -> Iterator[tuple[str, str]]:
    """Give where a violation is, and what it is."""
    path = error.instance_path
    match error.kind.name:
        case "required":
            yield _pointer([*path, error.kind.value]), "it is required"
        case "additionalProperties" | "unevaluatedProperties":
            for name in error.kind.value:
                yield _pointer([*path, name]), "it is not allowed"
        case _:
            yield _pointer(path), error.message


def _pointer(path: Sequence[str | int]) -> str:
    tokens = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return shortened("".join(f"/{token}" for token in tokens), _LONGEST)


def _read(given: object, info: ValidationInfo) -> JsonSchema:
    if not isinstance(given, str):
        return JsonSchema(_checked(static_json(given)))
    path = beside(given, (info.context or {}).get(FOLDER))
    try:
        content = path.read_bytes()
        if len(content) > MAX_SCHEMA:
            raise Mistake("bad-schema", f"{quoted(given)} is over {MAX_SCHEMA} bytes", "Write a smaller schema")
        return JsonSchema(_checked(orjson.loads(content)), given)
    except OSError as error:
        message = f"{quoted(given)} cannot be read: {error.strerror}"
        raise Mistake("bad-schema", message, "Name a file beside fanin.toml, or write the schema here") from error
    except orjson.JSONDecodeError as error:
        raise Mistake("bad-schema", f"{quoted(given)} is not JSON", "Write a JSON Schema into it") from error


def _checked(document: Json) -> Document:
    if not isinstance(document, dict | bool):
        raise Mistake("bad-schema", f"{quoted(document)} is no JSON Schema", "Write a table, or the path of a file")
    if too_deep(document):
        raise Mistake("bad-schema", "it is nested too deep", "Write it flatter, with $defs")
    return document


def beside(path: str, folder: Path | None) -> Path:
    """Find a file that fanin.toml names: relative to its folder, and nowhere else.

    Raises:
        Mistake: it is no such path.
    """
    parts = PurePosixPath(path).parts
    if folder is None:
        raise Mistake("bad-path", "a text that is in no file names another", "Write it into a file")
    if not path or path.startswith("/") or ".." in parts or "\\" in path or "\0" in path:
        fix = 'Write a path below the folder of fanin.toml, such as "schemas/order.json"'
        raise Mistake("bad-path", f"{quoted(path)} does not stay below the folder of fanin.toml", fix)
    return folder / path


Schema = Annotated[JsonSchema, BeforeValidator(_read), WithJsonSchema({"type": ["object", "boolean", "string"]})]
