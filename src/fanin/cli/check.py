"""`fanin check`: every mistake in fanin.toml, and warnings of what is served but hardly meant."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from fanin.cli.exits import Exit
from fanin.cli.findings import Findings
from fanin.cli.options import DEFAULT_FILE, FileOption, JsonOption, environment, text_of
from fanin.cli.terminal import output, print_json
from fanin.config import Config, budget, load, parse
from fanin.config.finding import ConfigError
from fanin.config.load import MAX_FILE, decoded
from fanin.config.variables import unknown
from fanin.credentials.secrets.missing import missing

_STANDARD_INPUT = Path("-")

FilesArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE", help="The files to check, in place of --file; - is the standard input."),
]


def check(
    files: FilesArgument = None,
    file: FileOption = DEFAULT_FILE,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings fail the check too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Find every mistake in fanin.toml, and warn of what it can hardly mean.

    Each finding has its line and column, its rule, and what to write instead.
    """
    found = [_found_in_input() if each == _STANDARD_INPUT else _found(each) for each in dict.fromkeys(files or ())]
    found = found or [_found(file, "--file")]
    if as_json:
        print_json([each.json for each in found] if len(found) > 1 else found[0].json)
    else:
        for each in found:
            each.show(output())
            output().print(f"{each.file}: {each.counted or 'nothing to mend'}", soft_wrap=True)
    if any(each.errors or (strict and each.warnings) for each in found):
        raise typer.Exit(Exit.FAILED)


def _found(file: Path, option: str = "FILE") -> Findings:
    return _findings(str(file), text_of(file, option), lambda: load(file, environment()))


def _found_in_input() -> Findings:
    """Check the standard input, of which no more is read than a file may have."""
    name, content = "<stdin>", sys.stdin.buffer.read(MAX_FILE + 1)
    text = content.decode(errors="replace")
    return _findings(name, text, lambda: parse(decoded(content, name), environment(), file=name))


def _findings(file: str, text: str, read: Callable[[], Config]) -> Findings:
    try:
        config = read()
        around = [*unknown(environment(), config.variables), *missing(config, environment())]
        return Findings(file, text, warnings=budget.warnings(config, text, around))
    except ConfigError as error:
        return Findings(file, text, errors=error.findings)
