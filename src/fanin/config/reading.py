"""Read fanin.toml, and find every mistake in it at once."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from fanin.config import bounds, check, repairs, unknown
from fanin.config.finding import ConfigError, Finding, Key
from fanin.config.format import Config
from fanin.config.kinds import DATABASES, UPSTREAMS
from fanin.config.kinds.named import databases_in, upstreams_in
from fanin.config.kinds.register import OF_ANY_KIND, kind_of, kinds_in
from fanin.config.kinds.upstream import Upstream, is_of_upstream, leaves_nothing_out
from fanin.config.mistake import Mistake, name_like, nearest, quoted, shortened
from fanin.config.parts import laid_together
from fanin.config.schemas import FOLDER
from fanin.config.table import tables_in
from fanin.config.variables import TOGETHER, Overrides, overrides

MAX_FILE = 1_000_000
"""Bytes of a file."""
_DECLARED = "Cannot declare ("
_AROUND_NAME = "',"
"""What Python writes around a name in a tuple."""
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
    if message.startswith(_DECLARED):
        names = message.removeprefix(_DECLARED).removesuffix(") twice").split(", ")
        message = f"[{'.'.join(name.strip(_AROUND_NAME) for name in names)}] stands in the file twice"
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
    for name, table in tables_in(data, "upstreams"):
        for key in table:
            if key in OF_ANY_KIND - Upstream.accepted():
                message, fix = f"{key} says something of one source", "Put it below [sources.…]"
                yield Finding("misplaced-key", ("upstreams", name, key), message, fix)
    for name, table in tables_in(data, "sources"):
        if len(kinds_in(table)) > 1:
            continue
        kind = kind_of(table)
        for key in table:
            if key in OF_ANY_KIND - kind.accepted():
                why = "" if kind.makes_calls else ": it makes no call"
                message = f"a source with {kind.kind} has no {key}{why}"
                yield Finding("misplaced-key", ("sources", name, key), message, f"Remove {key}, or {kind.kind}")


def _own_mistakes(error: ValidationError, data: dict[str, Any], misplaced: Collection[Key]) -> Iterator[Finding]:
    for details in error.errors():
        key = tuple(part for part in details["loc"] if part != "[key]")
        if key[:3] in misplaced or is_of_upstream(key, data):
            continue
        if leaves_nothing_out(key, data):
            message = "false leaves out what an upstream says, and there is none"
            yield Finding("bad-value", key, message, f"Remove {key[-1]}")
            continue
        match details.get("ctx", {}).get("error"):
            case Mistake(rule="unknown-upstream" | "unknown-database") as mistake:
                kind = mistake.rule.removeprefix("unknown-")
                name, known = data["sources"][key[1]][kind], data.get(f"{kind}s", {})
                if isinstance(known, dict) and name not in known:  # another is found where it stands
                    yield Finding(mistake.rule, (*key, kind), mistake.message, nearest(name, known), part=f'"{name}"')
            case Mistake() as mistake:
                yield Finding(mistake.rule, key, mistake.message, mistake.fix, part=mistake.part)
            case _:
                yield _pydantic_finding(key, details, data)


def _pydantic_finding(key: Key, details: ErrorDetails, data: dict[str, Any]) -> Finding:
    match details["type"]:
        case "extra_forbidden":
            return unknown.unknown_key(key, data)
        case "missing":
            return unknown.missing_key(key, data)
        case "string_pattern_mismatch":
            meant = name_like(details["input"])
            fix = f"Write {meant}: " if meant else "Write "
            fix += "lower-case letters, digits and _, a letter first"
            part = f'"{details["input"]}"'
            return Finding("bad-name", key, f"{quoted(details['input'])} is no name", fix, part=part)
        case "literal_error":
            expected = details["ctx"]["expected"]
            message, given = f"{quoted(details['input'])} is none of its values", str(details["input"])[:20].lower()
            return Finding("bad-value", key, message, repairs.of_choice(str(key[-1]), given, expected))
        case _:
            kind, given, context = details["type"], quoted(details["input"]), details.get("ctx", {})
            wanted = repairs.wanted_type(kind)
            message = f"{given} is {wanted}" if wanted else f"{given}: {details['msg'][:1].lower()}{details['msg'][1:]}"
            table = unknown.table_at((*key, ""), data)
            fix = repairs.of_tables(key, details["input"]) if wanted == "no table" else ""
            fix = fix or repairs.of_type(kind, str(key[-1]), details["input"], table)
            fix = fix or repairs.of_bound(context, details["input"])
            return Finding("bad-value", key, message, fix or "See docs/reference.md for this key")


def _placed(finding: Finding) -> Finding:
    """Give a finding about the file as a whole its beginning for a place."""
    if finding.line or finding.key[:1] == (TOGETHER,):  # the environment has no lines
        return finding
    return replace(finding, line=1, column=1)
