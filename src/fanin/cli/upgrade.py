"""`fanin upgrade`: an older project gets the files of this fanin."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from fanin.cli.exits import Exit
from fanin.cli.terminal import messages
from fanin.local.process.console import Problem
from fanin.local.project import upgrade as project
from fanin.local.project import wheel

_TOLD: Final = {
    "new": "new",
    "changed": "brought up",
    "merged": "brought up, with your changes",
    "removed": "removed, since nothing needs it any more",
    "beside": f"both of us changed it at the same place: see {{path}}{project.BESIDE}",
    "gone": "left out, as you have removed it",
}


def upgrade(
    folder: Annotated[Path, typer.Argument(help="The project's folder.")] = Path(),
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and write nothing.")] = False,
) -> None:
    """Bring an older project's template, functions, tests and wheel up to this fanin, and show the difference.

    Your own changes stay. Run it by the newer fanin: uvx fanin upgrade shop.
    """
    try:
        changes = project.upgraded(folder, wheel.of_this())
        if not dry_run:
            project.apply(folder, changes)
    except Problem as problem:
        messages().print(f"fanin: {problem}", soft_wrap=True, markup=False)
        raise typer.Exit(Exit.FAILED) from problem
    for change in changes:
        typer.echo(change.difference, nl=False)
    _tell(changes, dry_run=dry_run)
    if any(change.what == "beside" for change in changes):
        raise typer.Exit(Exit.PARTIAL)


def _tell(changes: Sequence[project.Change], *, dry_run: bool) -> None:
    for change in changes:
        told = _TOLD[change.what].format(path=change.path)
        messages().print(f"  {change.path}: {told}", soft_wrap=True, markup=False, highlight=False)
    if not changes:
        typer.echo("nothing to do: the project uses this fanin")
    elif dry_run:
        typer.echo("nothing was written")
    else:
        typer.echo("Next: make lock && make check && make test")
