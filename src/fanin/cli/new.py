"""`fanin new`: a project of one's own."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from fanin.cli.exits import Exit
from fanin.cli.terminal import messages
from fanin.local.process.console import Problem
from fanin.local.project import new as project
from fanin.local.project import parts, wheel


def new(
    folder: Annotated[
        Path | None, typer.Argument(help="Where: a new folder, or one that is there. Its name is the project's.")
    ] = None,
    *,
    with_: Annotated[
        str | None, typer.Option("--with", metavar="PARTS", help=f"What it has besides: {','.join(parts.PARTS)}.")
    ] = None,
    name: Annotated[str, typer.Option(help="What it is called, if not as its folder.")] = "",
    cookiecutter: Annotated[
        bool, typer.Option("--cookiecutter", help="Write a folder for `sam init --location` instead.")
    ] = False,
) -> None:
    """Write a new project: fourteen files that are yours, the locks, and the wheel. Files that are there stay.

    In a terminal it asks for what the command line leaves out.
    """
    asking = sys.stdin.isatty() and sys.stdout.isatty()
    if folder is None:
        if not asking:
            raise typer.BadParameter("name a folder, such as shop.", param_hint="'FOLDER'")
        folder = Path(typer.prompt("Folder", default="shop"))
    if with_ is None:
        chosen = [part for part, it in parts.PARTS.items() if asking and typer.confirm(f"{part}: {it.summary}?")]
        with_ = ",".join(chosen)
    try:
        wanted = parts.named(with_)
        called = project.NAME_IN_COOKIECUTTER if cookiecutter else project.name_of(name or folder)
        made = project.files(called, wanted, wheel.of_this())
        kept = project.write(folder, project.cookiecutter(made) if cookiecutter else made)
    except Problem as problem:
        messages().print(f"fanin: {problem}", soft_wrap=True, markup=False)
        raise typer.Exit(Exit.FAILED) from problem
    for path in kept:
        typer.echo(f"  kept as it was: {path}")
    typer.echo(f"{folder}: {len(made) - len(kept)} files written")
    if cookiecutter:
        typer.echo(f"\nNext: sam init --location {shlex.quote(str(folder))}")
    else:
        typer.echo(f"\nNext: cd {shlex.quote(str(folder))} && make run")
