"""Read fanin.toml, and find every mistake in it at once."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from fanin.config import bounds, check, repairs
from fanin.config.finding import ConfigError, Finding
from fanin.config.format import Config, Endpoint
from fanin.config.kinds import DATABASES, UPSTREAMS
from fanin.config.kinds.named import databases_in, upstreams_in
from fanin.config.kinds.register import KINDS, kind_of, kinds_in
from fanin.config.kinds.upstream import Upstream, is_of_upstream, leaves_nothing_out
from fanin.config.mistake import Mistake, name_like, nearest, quoted, shortened
from fanin.config.parameters import Parameter
from fanin.config.parts import laid_together
from fanin.config.schemas import FOLDER
from fanin.config.source import Source
from fanin.config.table import parts_of
from fanin.config.variables import TOGETHER, Overrides, overrides

MAX_FILE = 1_000_000
"""Bytes of a file."""
_OF_ANY_KIND = frozenset(key for kind in KINDS for key in kind.accepted())
"""The keys that sources have, whatever their kind."""
_POSITION = re.compile(r" \(at line (\d+), column (\d+)\)$")


def load(path: Path, environment: Mapping[str, str]) -> Config:
    """Read a file.

    Args:
        path: where fanin.toml is.
        environment: whose `FANIN_VAR_NAME=value` go before the file's own variables, as do those of
            `FANIN_VARIABLES="name=value other=value"`, by which a template needs to name none of them; its values
            are percent-encoded.

    Raises:
        ConfigError: the file cannot be read or served; it holds every finding.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        fix = "Create it, or name another with FANIN_CONFIG"
        raise ConfigError([Finding("file", (), f"cannot be read: {error.strerror}", fix)], str(path)) from error
    return parse(decoded(content, path.name), environment, file=path.name, folder=path.parent)


def decoded(content: bytes, file: str) -> str:
    """Give a file's text.

    Args:
        content: its bytes.
        file: its name, for the message.

    Raises:
        ConfigError: it is too long, or not UTF-8.
    """
    if len(content) > MAX_FILE:
        raise ConfigError([Finding("file", (), f"it is over {MAX_FILE} bytes", "Split the deployment")], file)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError([Finding("file", (), "it is not UTF-8", "Save it as UTF-8")], file) from error


def parse(text: str, environment: Mapping[str, str], *, file: str = "fanin.toml", folder: Path | None = None) -> Config:
    """Read the text of a file; the arguments and errors of `load`.

    Args:
        text: what stands in it.
        environment: as for `load`.
        file: its name, for messages.
        folder: where the files are that it names; None if it may name no others.
    """
    text, data = _tables(text, file)
    parts, data, found = laid_together(text, data, file, folder, _included)
    config: Config | None = None
    if not found and not (found := list(bounds.beyond(data))):
        overridden = _override_variables(data, environment)
        config, found = _validate(data, overridden, folder)
    if config and not found:
        if len(parts.files) > 1:
            config.take_parts(parts)
        return config
    placed = [_placed(parts.place(finding)) for finding in found]
    raise ConfigError(parts.in_order(placed), file)


def _included(path: Path, name: str) -> tuple[str, dict[str, Any]]:
    """Read an included file; its text and its tables.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return _tables(decoded(path.read_bytes(), name), name)
    except OSError as error:
        finding = Finding("file", (), f"cannot be read: {error.strerror}", "Let fanin read it, or do not include it")
        raise ConfigError([finding], name) from error


def _tables(text: str, file: str) -> tuple[str, dict[str, Any]]:
    """Read a text as TOML; gives it with the line ends that places are counted by, too.

    Raises:
        ConfigError: it is no TOML.
    """
    text = text.replace("\r\n", "\n")
    if finding := bounds.long_key(text):
        raise ConfigError([finding], file)
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax_finding(error, text)], file) from error
    except RecursionError as error:
        finding = Finding("toml", (), "it is nested too deep", "Write it flatter", 1, 1)
        raise ConfigError([finding], file) from error
    except ValueError as error:
        raise ConfigError([bounds.long_number(text)], file) from error


def _syntax_finding(error: tomllib.TOMLDecodeError, text: str) -> Finding:
    """Take the position out of the message: before Python 3.14 it is nowhere else."""
    message, lines = str(error), text.splitlines() or [""]
    line, column = len(lines), len(lines[-1]) + 1
    if found := _POSITION.search(message):
        message, line, column = message[: found.start()], int(found[1]), int(found[2])
    fix, part, column = repairs.of_syntax(message, text, line, column)
    return Finding("toml", (), shortened(message.removesuffix(" (at end of document)")), fix, line, column, part)


def _override_variables(data: dict[str, Any], environment: Mapping[str, str]) -> Overrides:
    variables = data.get("variables", {})
    if not isinstance(variables, dict):
        return Overrides()
    overridden = overrides(environment, variables)
    variables |= overridden.values
    return overridden


def _validate(data: dict[str, Any], overridden: Overrides, folder: Path | None) -> tuple[Config | None, list[Finding]]:
    """Validate the file, then, without its wrong tables, the parts against each other."""
    variables = data.get("variables")
    texts = {k: v for k, v in variables.items() if isinstance(v, str)} if isinstance(variables, dict) else {}
    used: set[str] = set()
    context: dict[str, Any] = {"variables": texts, "places": overridden.places, "used": used, FOLDER: folder}
    context[UPSTREAMS] = upstreams_in(data, context)
    context[DATABASES] = databases_in(data, context)
    misplaced = {finding.key: finding for finding in _misplaced(data)}
    found: list[Finding] = [*overridden.findings, *misplaced.values()]
    kinds = ("callers", "sources", "endpoints")
    named = {kind: data[kind] if isinstance(data.get(kind), dict) else {} for kind in kinds}
    try:
        config = Config.model_validate(data, context=context)
    except ValidationError as error:
        found += _own_mistakes(error, data, misplaced)
        wrong = {finding.key[:2] for finding in found} | {details["loc"][:2] for details in error.errors()}
        sound = {kind: {n: data[kind][n] for n in names if (kind, n) not in wrong} for kind, names in named.items()}
        default = {"caller": data["caller"]} if "caller" in data and ("caller",) not in wrong else {}
        config = Config.model_validate({"fanin": 1, **default, **sound}, context=context)
    config.take_unused(name for name in texts if name not in used)
    found += check.findings(config, named)
    return config, found


def _misplaced(data: dict[str, Any]) -> Iterator[Finding]:
    """Find keys of sources that only sources of other kinds have, and those that no upstream has."""
    upstreams = data.get("upstreams")
    for name, table in upstreams.items() if isinstance(upstreams, dict) else ():
        for key in table if isinstance(table, dict) else ():
            if key in _OF_ANY_KIND - Upstream.accepted():
                message, fix = f"{key} says something of one source", "Put it below [sources.…]"
                yield Finding("misplaced-key", ("upstreams", name, key), message, fix)
    sources = data.get("sources")
    for name, table in sources.items() if isinstance(sources, dict) else ():
        if not isinstance(table, dict) or len(kinds_in(table)) > 1:
            continue
        kind = kind_of(table)
        for key in table:
            if key in _OF_ANY_KIND - kind.accepted():
                why = "" if kind.makes_calls else ": it makes no call"
                message = f"a source with {kind.kind} has no {key}{why}"
                yield Finding("misplaced-key", ("sources", name, key), message, f"Remove {key}, or {kind.kind}")


def _own_mistakes(
    error: ValidationError, data: dict[str, Any], misplaced: Collection[tuple[str | int, ...]]
) -> Iterator[Finding]:
    for details in error.errors():
        key = tuple(part for part in details["loc"] if part != "[key]")
        if key[:3] in misplaced or is_of_upstream(key, data):
            continue
        if leaves_nothing_out(key, data):
            message = "false leaves out what an upstream says, and there is none"
            yield Finding("bad-value", key, message, f"Remove {key[-1]}")
            continue
        match details.get("ctx", {}).get("error"):
            case Mistake(rule="unknown-upstream") as mistake:
                name, known = data["sources"][key[1]]["upstream"], data.get("upstreams", {})
                if name not in known:
                    fix = nearest(name, known)
                    yield Finding("unknown-upstream", (*key, "upstream"), mistake.message, fix, part=f'"{name}"')
            case Mistake(rule="unknown-database") as mistake:
                name, known = data["sources"][key[1]]["database"], data.get("databases", {})
                if name not in known:
                    fix = nearest(name, known)
                    yield Finding("unknown-database", (*key, "database"), mistake.message, fix, part=f'"{name}"')
            case Mistake() as mistake:
                yield Finding(mistake.rule, key, mistake.message, mistake.fix, part=mistake.part)
            case _:
                yield _pydantic_finding(key, details, data)


def _pydantic_finding(key: tuple[str | int, ...], details: ErrorDetails, data: dict[str, Any]) -> Finding:
    match details["type"]:
        case "extra_forbidden":
            return _unknown_key(key, data)
        case "missing":
            fix = "Write fanin = 1" if key == ("fanin",) else "Add it"
            if len(key) == 3 and _kind_at(key, data):
                fix = f"Add it, or what another kind of source has: {', '.join(kind.kind for kind in KINDS[1:])}"
            return Finding("missing-key", key, "this key is missing", fix)
        case "string_pattern_mismatch":
            meant = name_like(details["input"])
            fix = f"Write {meant}: " if meant else "Write "
            fix += "lower-case letters, digits and _, a letter first"
            part = f'"{details["input"]}"'
            return Finding("bad-name", key, f"{quoted(details['input'])} is no name", fix, part=part)
        case "literal_error":
            expected = details["ctx"]["expected"]
            message, given = f"{quoted(details['input'])} is none of its values", str(details["input"])[:20].lower()
            meant = next(
                (one for one in re.findall(r"'([^']+)'", expected) if given and one.lower().startswith(given)), ""
            )
            return Finding("bad-value", key, message, f'Write "{meant}"' if meant else f"Write {expected}")
        case _:
            kind, given, context = details["type"], quoted(details["input"]), details.get("ctx", {})
            wanted = repairs.wanted_type(kind)
            message = f"{given} is {wanted}" if wanted else f"{given}: {details['msg'][:1].lower()}{details['msg'][1:]}"
            table = _table_at((*key, ""), _kind_at((*key, ""), data))
            fix = repairs.of_type(kind, str(key[-1]), details["input"], table) or repairs.of_bound(context)
            return Finding("bad-value", key, message, fix or "See docs/reference.md for this key")


def _unknown_key(key: tuple[str | int, ...], data: dict[str, Any]) -> Finding:
    """Say what an unknown key may mean: one of another table, by the same name, or one that is spelled like it."""
    name, message = str(key[-1]), "unknown key"
    match key:
        case ("endpoints", _, "format"):
            message = "unknown key: an endpoint answers with JSON, or with a source's own bytes by passthrough"
            fix = "Remove it; what a source's API answers with is that source's format"
        case ("endpoints", endpoint, _) if name in _OF_ANY_KIND:
            fix = f"It is a source's: put it below [sources.…], not below [endpoints.{shortened(str(endpoint))}]"
        case ("sources", source, _) if name in Endpoint.model_fields:
            fix = f"It is an endpoint's: put it below [endpoints.…], not below [sources.{shortened(str(source))}]"
        case _:
            table = _table_at(key, _kind_at(key, data))
            own = {field.alias or key for key, field in table.model_fields.items()}
            fix = nearest(name, sorted(table.accepted() if issubclass(table, Source) else own))
    return Finding("unknown-key", key, message, fix)


def _kind_at(key: Sequence[str | int], data: dict[str, Any]) -> type[Source] | None:
    """Give the kind of the source in which a key stands; None for a key elsewhere."""
    match key:
        case ("sources", name, _, *_):
            table = data["sources"][name]
            return kind_of(table) if isinstance(table, dict) else KINDS[0]
    return None


def _table_at(key: Sequence[str | int], kind: type[Source] | None) -> type[BaseModel]:
    """Give the model of the table in which a key stands."""
    match key:
        case ("endpoints", _, "parameters", _, *tables, _):
            return _table_below(Parameter, tables)
        case ("sources", _, *tables, _) if kind:
            return _table_below(kind, tables)
        case ("endpoints" | "upstreams" as tables_of, _, *tables, _):
            return _table_below(Endpoint if tables_of == "endpoints" else Upstream, tables)
        case ("databases", _, *tables, _):
            from fanin.config.databases import Database  # noqa: PLC0415 - as in kinds/named.py

            return _table_below(Database, tables)
        case ("callers", _, *tables, _) | ("jobs" | "cors" | "api", *tables, _):
            return _table_below(Config, [key[0], *tables])
    return Config


def _table_below(table: type[BaseModel], path: Sequence[str | int]) -> type[BaseModel]:
    """Give the table to which a path leads from another, or the last on the way that is one."""
    for name in path:
        field = table.model_fields.get(str(name))
        table = next((part for part in parts_of(field) if issubclass(part, BaseModel)), table) if field else table
    return table


def _placed(finding: Finding) -> Finding:
    """Give a finding about the file as a whole its beginning for a place."""
    if finding.line or finding.key[:1] == (TOGETHER,):  # the environment has no lines
        return finding
    return replace(finding, line=1, column=1)
