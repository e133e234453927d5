"""`fanin check`: every mistake in fanin.toml, and warnings of what is served but hardly meant."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from fanin.cli.asking import Means
from fanin.cli.exits import Exit
from fanin.cli.findings import Findings
from fanin.cli.options import DEFAULT_FILE, FileOption, JsonOption, environment, text_of
from fanin.cli.terminal import output, print_json
from fanin.config import Config, load, parse
from fanin.config.finding import ConfigError, Finding
from fanin.config.parts import Part, Parts
from fanin.config.reading import MAX_FILE, decoded
from fanin.config.variables import unknown
from fanin.config.warn import warnings
from fanin.credentials.secrets.missing import missing
from fanin.local.sam import drivers
from fanin.sources.address import AddressGuard

_STANDARD_INPUT = Path("-")

type Ask = Callable[[Config, Means], tuple[list[Finding], list[Finding]]]
"""Asks others about a file, and gives mistakes and warnings."""

FilesArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE", help="The files to check, in place of --file; - is the standard input."),
]


def check(  # noqa: PLR0913 - each is an option of the command
    files: FilesArgument = None,
    file: FileOption = DEFAULT_FILE,
    *,
    database: Annotated[
        bool, typer.Option("--database", help="Ask the databases whether they take the statements; none is run.")
    ] = False,
    issuer: Annotated[
        bool, typer.Option("--issuer", help="Ask the issuers of tokens for their keys, and for the claims they name.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings fail the check too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Find every mistake in fanin.toml, and warn of what it can hardly mean.

    Each finding has its line and column, its rule, and what to write instead.
    """
    asks = [ask for wanted, ask in ((database, _unprepared), (issuer, _unheard_of)) if wanted]
    found = [
        _found_in_input(asks) if each == _STANDARD_INPUT else _found(each, asks) for each in dict.fromkeys(files or ())
    ]
    found = found or [_found(file, asks, "--file")]
    if as_json:
        print_json([each.json for each in found] if len(found) > 1 else found[0].json)
    else:
        for each in found:
            each.show(output())
            output().print(f"{each.file}: {each.counted or 'nothing to mend'}", soft_wrap=True)
    if any(each.errors or (strict and each.warnings) for each in found):
        raise typer.Exit(Exit.FAILED)


def _found(file: Path, asks: Sequence[Ask], option: str = "FILE") -> Findings:
    text, folder = text_of(file, option), file.parent
    return _findings(str(file), text, lambda: load(file, environment()), asks, folder)


def _found_in_input(asks: Sequence[Ask]) -> Findings:
    """Check the standard input, of which no more is read than a file may have."""
    name, content = "<stdin>", sys.stdin.buffer.read(MAX_FILE + 1)
    text = content.decode(errors="replace")
    return _findings(name, text, lambda: parse(decoded(content, name), environment(), file=name), asks)


def _findings(
    file: str, text: str, read: Callable[[], Config], asks: Sequence[Ask], folder: Path | None = None
) -> Findings:
    try:
        config = read()
        around = [*unknown(environment(), config.variables), *missing(config, environment())]
        around += drivers.warnings(config, folder) if folder else ()
        errors = list[Finding]()
        if asks:
            means = _means(config)
            for ask in asks:
                wrong, doubtful = ask(config, means)
                errors += wrong
                around += doubtful
        parts = config.parts or Parts([Part("", text)])
        placed = parts.in_order([parts.place(each) for each in errors])
        return Findings(file, text, placed, warnings=warnings(config, text, around))
    except ConfigError as error:
        return Findings(file, text, errors=error.findings)


def _means(config: Config) -> Means:
    try:
        return Means.of(config, AddressGuard(environment().get("FANIN_ALLOW", "")), environment())
    except ValueError as error:
        raise typer.BadParameter(f"{error}. Write CIDR:port.", param_hint="FANIN_ALLOW") from error


def _unprepared(config: Config, means: Means) -> tuple[list[Finding], list[Finding]]:
    """Ask the databases."""
    from fanin.cli.databases import unprepared  # noqa: PLC0415 - asks with clients that checking needs not

    try:
        return unprepared(config, means), []
    except ModuleNotFoundError as error:
        message = f"--database needs {error.name}. Install fanin[gateway,postgresql]."
        raise typer.BadParameter(message, param_hint="'--database'") from error


def _unheard_of(config: Config, means: Means) -> tuple[list[Finding], list[Finding]]:
    """Ask the issuers."""
    from fanin.cli.issuers import unheard_of  # noqa: PLC0415 - likewise

    try:
        return unheard_of(config, means)
    except ModuleNotFoundError as error:
        message = f"--issuer needs {error.name}. Install fanin[sync,jwt]."
        raise typer.BadParameter(message, param_hint="'--issuer'") from error
