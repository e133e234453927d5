"""`fanin check`: every mistake in fanin.toml, and the budgets that cannot fit."""

from pathlib import Path
from typing import Annotated

import typer

from fanin.cli.exits import Exit
from fanin.cli.findings import Findings
from fanin.cli.options import DEFAULT_FILE, FileOption, JsonOption, environment, text_of
from fanin.cli.terminal import output, print_json
from fanin.config import budget, load
from fanin.errors import ConfigError


def check(
    file: FileOption = DEFAULT_FILE,
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Let warnings fail the check too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Find every mistake in fanin.toml, and warn of budgets that cannot fit.

    Each finding has its line and column, its rule, and what to write instead.
    """
    found = _found(file)
    if as_json:
        print_json(found.json)
    else:
        found.show(output())
        output().print(f"{file}: {found.counted or 'nothing to mend'}", soft_wrap=True)
    if found.errors or (strict and found.warnings):
        raise typer.Exit(Exit.FAILED)


def _found(file: Path) -> Findings:
    text = text_of(file)
    try:
        return Findings(file, text, warnings=budget.warnings(load(file, environment()), text))
    except ConfigError as error:
        return Findings(file, text, errors=error.findings)
