"""The files that a fanin.toml is made of: told from its text, whether it can be served or not."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from fanin.config.mistake import Mistake, quoted
from fanin.config.schemas import beside
from fanin.config.table import tables_in

_SQLITE = "sqlite:"
_SCHEMAS = {"endpoints": "input", "sources": "expect"}
"""The key that has a JSON Schema, by the kind of table in which it stands."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a file names.

    Args:
        includes: the globs of the files that it includes.
        paths: those of its JSON Schemas and certificates.
        has_schemas: whether it has any, in files or inline.
        has_tokens: whether it has callers that send a JSON Web Token.
        databases: the paths of its databases in files.
        has_servers: whether it has databases that are no files.
    """

    includes: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    has_schemas: bool = False
    has_tokens: bool = False
    databases: tuple[str, ...] = ()
    has_servers: bool = False


def files_of(file: Path) -> list[Path]:
    """Give the files that a fanin.toml is made of, itself first; one that is not there is a finding of its check."""
    found = _tomls(file)
    named = [named_in(_text(toml)) for toml in found]
    for name in [name for each in named for name in (*each.paths, *each.databases)]:
        try:
            found.append(beside(name, file.parent))
        except Mistake:
            continue
    return [path for path in dict.fromkeys(found) if path.is_file()]


def needs_schemas(file: Path) -> bool:
    """Whether a fanin.toml has JSON Schemas, for which it needs the library."""
    return any(named_in(_text(toml)).has_schemas for toml in _tomls(file))


def needs_jwt(file: Path) -> bool:
    """Whether a fanin.toml has callers that send a JSON Web Token, for which it needs pyca/cryptography."""
    return any(named_in(_text(toml)).has_tokens for toml in _tomls(file))


def needs_postgresql(file: Path) -> bool:
    """Whether a fanin.toml has databases on servers, for which it needs the drivers."""
    return any(named_in(_text(toml)).has_servers for toml in _tomls(file))


def included_by(globs: Any, folder: Path | None) -> list[Path]:
    """Give the files that globs match, sorted by their names.

    Args:
        globs: what fanin.toml has at `include`.
        folder: its folder; None if it is in no file.

    Raises:
        Mistake: they are no globs of files below the folder, or one matches nothing.
    """
    if not isinstance(globs, list) or not all(isinstance(glob, str) for glob in globs):
        raise Mistake("bad-include", "include is no list of texts", 'Write include = ["apis/*.toml"]')
    found: set[Path] = set()
    for glob in globs:
        beside(glob, folder)
        assert folder is not None
        try:
            matched = {path for path in folder.glob(glob) if path.is_file() and path.suffix == ".toml"}
        except ValueError as error:
            raise Mistake("bad-include", f"{quoted(glob)} is no glob", 'Write one such as "apis/*.toml"') from error
        if not matched:
            fix = "Write the path of a TOML file, or a glob that matches some, below the folder of fanin.toml"
            raise Mistake("bad-include", f"{quoted(glob)} matches no TOML file", fix, glob)
        found |= matched
    return sorted(found)


def _tomls(file: Path) -> list[Path]:
    """Give a fanin.toml, and the files that it includes."""
    try:
        included = [path for path in included_by(list(named_in(_text(file)).includes), file.parent) if path != file]
    except Mistake:
        included = []
    return [file, *included]


@lru_cache(maxsize=64)
def named_in(text: str) -> Named:
    """Give what the text of a file names; of what is no TOML, nothing."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError):
        return Named()
    schemas, globs = list(_schemas(data)), data.get("include")
    includes = tuple(glob for glob in globs if isinstance(glob, str)) if isinstance(globs, list) else ()
    paths = (given for given in (*schemas, *_authorities(data)) if isinstance(given, str))
    urls = [url for _, table in tables_in(data, "databases") if isinstance(url := table.get("url"), str)]
    return Named(
        includes,
        tuple(paths),
        bool(schemas),
        any("jwt" in table for _, table in tables_in(data, "callers")),
        tuple(url.removeprefix(_SQLITE) for url in urls if url.startswith(_SQLITE)),
        any(not url.startswith(_SQLITE) for url in urls),
    )


def _schemas(data: Mapping[str, Any]) -> Iterator[Any]:
    for kind, key in _SCHEMAS.items():
        yield from (table[key] for _, table in tables_in(data, kind) if key in table)


def _authorities(data: Mapping[str, Any]) -> Iterator[str]:
    """Give the files of certificates that sources and others trust; a reference to a secret is none."""
    tables = [table for kind in ("sources", "upstreams", "databases") for _, table in tables_in(data, kind)]
    tables += [jwt for _, table in tables_in(data, "callers") if isinstance(jwt := table.get("jwt"), dict)]
    for table in tables:
        tls = table.get("tls")
        if isinstance(tls, dict) and isinstance(path := tls.get("ca"), str) and not path.startswith("{"):
            yield path


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""
