"""`fanin diff`: what a change of fanin.toml means, for a pull request."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fanin.cli.options import DEFAULT_FILE, FileOption, JsonOption


class Reason(StrEnum):
    """What fails the command."""

    BREAKING = "breaking"
    RIGHTS = "rights"
    ANY = "any"


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="The older file; or a revision of git, such as main.")],
    new: Annotated[
        Path | None, typer.Argument(metavar="NEW", help="The newer file, in place of --file.", dir_okay=False)
    ] = None,
    file: FileOption = DEFAULT_FILE,
    *,
    fail_on: Annotated[
        list[Reason] | None, typer.Option("--fail-on", help="Exit with 1 if there are changes of this kind.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a change of fanin.toml means: for clients, rights, times, numbers of calls, and caches.

    Variables have the values of the files. Order and layout of the files make no difference.
    """
    from fanin.cli.changes.run import run  # noqa: PLC0415 - other commands need none of it

    newer, option = (new, "NEW") if new else (file, "--file")
    run(old, newer, option, fail_on=frozenset(map(str, fail_on or ())), as_json=as_json)
