"""The files that a fanin.toml is made of: told from its text, whether it can be served or not."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from fanin.config.mistake import Mistake
from fanin.config.schemas import beside

_SCHEMAS = {"endpoints": "input", "sources": "expect"}
"""The key that has a JSON Schema, by the kind of table in which it stands."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a file names.

    Args:
        schemas: the paths of its JSON Schemas.
        has_schemas: whether it has any, in files or inline.
    """

    schemas: tuple[str, ...] = ()
    has_schemas: bool = False


def files_of(file: Path) -> list[Path]:
    """Give the files that a fanin.toml is made of, itself first; one that is not there is a finding of its check."""
    found = [file]
    for name in named_in(_text(file)).schemas:
        try:
            found.append(beside(name, file.parent))
        except Mistake:
            continue
    return [path for path in dict.fromkeys(found) if path.is_file()]


def needs_schemas(file: Path) -> bool:
    """Whether a fanin.toml has JSON Schemas, for which it needs the library."""
    return named_in(_text(file)).has_schemas


@lru_cache(maxsize=64)
def named_in(text: str) -> Named:
    """Give what the text of a file names; of what is no TOML, nothing."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError):
        return Named()
    schemas = list(_schemas(data))
    return Named(tuple(given for given in schemas if isinstance(given, str)), bool(schemas))


def _schemas(data: Mapping[str, Any]) -> Iterator[Any]:
    for kind, key in _SCHEMAS.items():
        tables = data.get(kind)
        for table in tables.values() if isinstance(tables, dict) else ():
            if isinstance(table, dict) and key in table:
                yield table[key]


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""
