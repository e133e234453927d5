"""`fanin check`: every mistake in fanin.toml, and warnings of what is served but hardly meant."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from fanin.cli.asking import Means
from fanin.cli.exits import Exit
from fanin.cli.findings import Findings
from fanin.cli.options import DEFAULT_FILE, FileOption, JsonOption, environment, text_of
from fanin.cli.terminal import output, print_json
from fanin.config import Config, budget, load, parse
from fanin.config.finding import ConfigError, Finding
from fanin.config.parts import Part, Parts
from fanin.config.reading import MAX_FILE, decoded
from fanin.config.variables import unknown
from fanin.credentials.secrets.missing import missing
from fanin.sources.address import AddressGuard

_STANDARD_INPUT = Path("-")

FilesArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE", help="The files to check, in place of --file; - is the standard input."),
]


def check(
    files: FilesArgument = None,
    file: FileOption = DEFAULT_FILE,
    *,
    database: Annotated[
        bool, typer.Option("--database", help="Ask the databases whether they take the statements; none is run.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings fail the check too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Find every mistake in fanin.toml, and warn of what it can hardly mean.

    Each finding has its line and column, its rule, and what to write instead.
    """
    found = [
        _found_in_input(database=database) if each == _STANDARD_INPUT else _found(each, database=database)
        for each in dict.fromkeys(files or ())
    ]
    found = found or [_found(file, "--file", database=database)]
    if as_json:
        print_json([each.json for each in found] if len(found) > 1 else found[0].json)
    else:
        for each in found:
            each.show(output())
            output().print(f"{each.file}: {each.counted or 'nothing to mend'}", soft_wrap=True)
    if any(each.errors or (strict and each.warnings) for each in found):
        raise typer.Exit(Exit.FAILED)


def _found(file: Path, option: str = "FILE", *, database: bool) -> Findings:
    return _findings(str(file), text_of(file, option), lambda: load(file, environment()), database=database)


def _found_in_input(*, database: bool) -> Findings:
    """Check the standard input, of which no more is read than a file may have."""
    name, content = "<stdin>", sys.stdin.buffer.read(MAX_FILE + 1)
    text = content.decode(errors="replace")
    return _findings(name, text, lambda: parse(decoded(content, name), environment(), file=name), database=database)


def _findings(file: str, text: str, read: Callable[[], Config], *, database: bool) -> Findings:
    try:
        config = read()
        around = [*unknown(environment(), config.variables), *missing(config, environment())]
        errors = _unprepared(config, text) if database else []
        return Findings(file, text, errors, warnings=budget.warnings(config, text, around))
    except ConfigError as error:
        return Findings(file, text, errors=error.findings)


def _unprepared(config: Config, text: str) -> list[Finding]:
    """Ask the databases, and place what they do not take."""
    from fanin.cli.databases import unprepared  # noqa: PLC0415 - asks with clients that checking needs not

    try:
        means = Means.of(config, AddressGuard(environment().get("FANIN_ALLOW", "")), environment())
        found = unprepared(config, means)
    except ValueError as error:
        raise typer.BadParameter(f"{error}. Write CIDR:port.", param_hint="FANIN_ALLOW") from error
    except ModuleNotFoundError as error:
        message = f"--database needs {error.name}. Install fanin[gateway,postgresql]."
        raise typer.BadParameter(message, param_hint="'--database'") from error
    parts = config.parts or Parts([Part("", text)])
    return parts.in_order([parts.place(finding) for finding in found])
