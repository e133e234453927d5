"""The command and its parts, one file each."""

from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import fanin
from fanin.cli.add import add
from fanin.cli.call import call
from fanin.cli.check import check
from fanin.cli.cost import cost
from fanin.cli.diff import diff
from fanin.cli.exits import Exit
from fanin.cli.explain import explain
from fanin.cli.keys import keys
from fanin.cli.new import new
from fanin.cli.project import COMMANDS
from fanin.cli.record import record
from fanin.cli.routes import routes
from fanin.cli.schema import schema
from fanin.cli.terminal import messages
from fanin.cli.upgrade import upgrade

_EXIT_CODES = (
    "Exit codes: 0 done, and the answer complete; 1 fanin.toml cannot be served, or the answer is a failure; "
    "2 the command line is wrong, or parameters are refused; 3 the answer is partial; 70 a fault of fanin's own."
)


class _Commands(TyperGroup):
    """The commands, with faults of fanin's own told in a line."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except (typer.exceptions.TyperException, typer.Exit, typer.Abort, OSError):
            raise
        except Exception as error:
            messages().print(f"fanin: a fault of its own: {_told(error)}", soft_wrap=True)
            raise typer.Exit(Exit.FAULT) from error


def _told(error: Exception) -> str:
    """Name an error, and the line of fanin that it came through last."""
    package = Path(fanin.__file__).parent
    places = [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]
    own = [place for place in places if Path(place).is_relative_to(package)]
    return f"{type(error).__name__}: {error} ({own[-1]})"


app = typer.Typer(
    name="fanin",
    cls=_Commands,
    help="Make a project, try its fanin.toml here and without AWS, and deploy it.",
    epilog=_EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
_COMMANDS: tuple[Callable[..., Any], ...] = (
    new,
    upgrade,
    add,
    check,
    schema,
    routes,
    explain,
    call,
    record,
    diff,
    cost,
    *COMMANDS,
)
for command in _COMMANDS:
    app.command()(command)
app.add_typer(keys)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    if wanted:
        typer.echo(f"fanin {fanin.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass
