"""Read fanin.toml, and find every mistake in it at once."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from fanin.config import bounds, check
from fanin.config.format import Config, Endpoint
from fanin.config.jobs import Jobs
from fanin.config.kinds import KINDS, kind_of, kinds_in
from fanin.config.locate import Places
from fanin.config.mistake import Mistake, quoted, shortened
from fanin.config.parameters import Parameter
from fanin.config.schemas import FOLDER
from fanin.config.source import Source
from fanin.errors import ConfigError, Finding

MAX_FILE = 1_000_000
"""Bytes of a file."""
_VARIABLE_PREFIX = "FANIN_VAR_"
_VARIABLES = "FANIN_VARIABLES"
_OF_ANY_KIND = frozenset(key for kind in KINDS for key in kind.accepted())
"""The keys that sources have, whatever their kind."""
_POSITION = re.compile(r" \(at line (\d+), column (\d+)\)$")


def load(path: Path, environment: Mapping[str, str]) -> Config:
    """Read a file.

    Args:
        path: where fanin.toml is.
        environment: whose `FANIN_VAR_NAME=value` go before the file's own variables, as do those of
            `FANIN_VARIABLES="name=value other=value"`, by which a template needs to name none of them.

    Raises:
        ConfigError: the file cannot be read or served; it holds every finding.
    """
    try:
        content = path.read_bytes()
        if len(content) > MAX_FILE:
            raise ConfigError([Finding("file", (), f"it is over {MAX_FILE} bytes", "Split the deployment")], path.name)
        text = content.decode("utf-8-sig")
    except OSError as error:
        fix = "Create it, or name another with FANIN_CONFIG"
        raise ConfigError([Finding("file", (), f"cannot be read: {error.strerror}", fix)], str(path)) from error
    except UnicodeDecodeError as error:
        raise ConfigError([Finding("file", (), "it is not UTF-8", "Save it as UTF-8")], path.name) from error
    return parse(text, environment, file=path.name, folder=path.parent)


def parse(text: str, environment: Mapping[str, str], *, file: str = "fanin.toml", folder: Path | None = None) -> Config:
    """Read the text of a file; the arguments and errors of `load`.

    Args:
        text: what stands in it.
        environment: as for `load`.
        file: its name, for messages.
        folder: where the files are that it names; None if it may name no others.
    """
    text = text.replace("\r\n", "\n")
    if finding := bounds.long_key(text):
        raise ConfigError([finding], file)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([_syntax_finding(error, text)], file) from error
    except RecursionError as error:
        finding = Finding("toml", (), "it is nested too deep", "Write it flatter", 1, 1)
        raise ConfigError([finding], file) from error
    except ValueError as error:
        raise ConfigError([bounds.long_number(text)], file) from error
    config: Config | None = None
    if not (found := list(bounds.beyond(data))):
        _override_variables(data, environment)
        config, found = _validate(data, folder)
    if config and not found:
        return config
    places = Places(text)
    placed = [_place(finding, places) for finding in found]
    raise ConfigError(sorted(placed, key=lambda finding: (finding.line, finding.column)), file)


def _syntax_finding(error: tomllib.TOMLDecodeError, text: str) -> Finding:
    """Take the position out of the message: before Python 3.14 it is nowhere else."""
    message, fix = str(error), "See https://toml.io for the format"
    if found := _POSITION.search(message):
        return Finding("toml", (), shortened(message[: found.start()]), fix, int(found[1]), int(found[2]))
    lines = text.splitlines() or [""]
    return Finding(
        "toml", (), shortened(message.removesuffix(" (at end of document)")), fix, len(lines), len(lines[-1]) + 1
    )


def _override_variables(data: dict[str, Any], environment: Mapping[str, str]) -> None:
    variables = data.get("variables", {})
    if isinstance(variables, dict):
        pairs = (pair.partition("=") for pair in environment.get(_VARIABLES, "").split())
        together = {name: value for name, _, value in pairs}
        for name, value in variables.items():
            variables[name] = environment.get(_VARIABLE_PREFIX + name.upper(), together.get(name, value))


def _validate(data: dict[str, Any], folder: Path | None) -> tuple[Config | None, list[Finding]]:
    """Validate the file, then, without its wrong tables, the parts against each other."""
    variables = data.get("variables")
    texts = {k: v for k, v in variables.items() if isinstance(v, str)} if isinstance(variables, dict) else {}
    context = {"variables": texts, FOLDER: folder}
    misplaced = {finding.key: finding for finding in _misplaced(data)}
    found: list[Finding] = [*misplaced.values()]
    named = {kind: data[kind] if isinstance(data.get(kind), dict) else {} for kind in ("sources", "endpoints")}
    try:
        config = Config.model_validate(data, context=context)
    except ValidationError as error:
        found += _own_mistakes(error, data, misplaced)
        wrong = {finding.key[:2] for finding in found}
        sound = {
            kind: {name: data[kind][name] for name in names if (kind, name) not in wrong}
            for kind, names in named.items()
        }
        config = Config.model_validate({"fanin": 1, **sound}, context=context)
    found += check.findings(config.sources, config.endpoints, named)
    return config, found


def _misplaced(data: dict[str, Any]) -> Iterator[Finding]:
    """Find keys of sources that only sources of other kinds have."""
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
        if key[:3] in misplaced:
            continue
        match details.get("ctx", {}).get("error"):
            case Mistake() as mistake:
                yield Finding(mistake.rule, key, mistake.message, mistake.fix, part=mistake.part)
            case _:
                yield _pydantic_finding(key, details, data)


def _pydantic_finding(key: tuple[str | int, ...], details: ErrorDetails, data: dict[str, Any]) -> Finding:
    match details["type"]:
        case "extra_forbidden":
            kind = _kind_at(key, data)
            return Finding("unknown-key", key, "unknown key", check.nearest(str(key[-1]), _known_keys(key, kind)))
        case "missing":
            fix = "Write fanin = 1" if key == ("fanin",) else "Add it"
            if len(key) == 3 and _kind_at(key, data):
                fix = f"Add it, or what another kind of source has: {', '.join(kind.kind for kind in KINDS[1:])}"
            return Finding("missing-key", key, "this key is missing", fix)
        case "string_pattern_mismatch":
            fix = "Write lower-case letters, digits and _, a letter first"
            return Finding("bad-name", key, f"{quoted(details['input'])} is no name", fix)
        case "literal_error":
            expected = details["ctx"]["expected"]
            message, given = f"{quoted(details['input'])} is none of its values", str(details["input"])[:20].lower()
            meant = next(
                (one for one in re.findall(r"'([^']+)'", expected) if given and one.lower().startswith(given)), ""
            )
            return Finding("bad-value", key, message, f'Write "{meant}"' if meant else f"Write {expected}")
        case _:
            message = details["msg"][:1].lower() + details["msg"][1:]
            return Finding(
                "bad-value", key, f"{quoted(details['input'])}: {message}", "See docs/reference.md for this key"
            )


def _kind_at(key: Sequence[str | int], data: dict[str, Any]) -> type[Source] | None:
    """Give the kind of the source in which a key stands; None for a key elsewhere."""
    match key:
        case ("sources", name, _, *_):
            return kind_of(data["sources"][name])
    return None


def _known_keys(key: Sequence[str | int], kind: type[Source] | None) -> Collection[str]:
    """Give the keys of the table in which an unknown one stands."""
    match key:
        case ("endpoints", _, "parameters", _, *tables, _):
            return _keys_below(Parameter, tables)
        case ("endpoints", _, _):
            return Endpoint.model_fields
        case ("sources", _, _) if kind:
            return kind.accepted()
        case ("sources", _, *tables, _) if kind:
            return _keys_below(kind, tables)
        case ("jobs", _):
            return Jobs.model_fields
    return Config.model_fields


def _keys_below(table: type[BaseModel], path: Sequence[str | int]) -> Collection[str]:
    """Give the keys of the table to which a path leads from another, or of the last on the way that is one."""
    for name in path:
        field = table.model_fields.get(str(name))
        parts = get_args(field.annotation) if field else ()
        table = next((part for part in parts if isinstance(part, type) and issubclass(part, BaseModel)), table)
    return {field.alias or name for name, field in table.model_fields.items()}


def _place(finding: Finding, places: Places) -> Finding:
    line, column = (finding.line, finding.column) if finding.line else places.position(finding.key, finding.part)
    line, column = (line, column) if line else (1, 1)
    return replace(finding, line=line, column=column)
