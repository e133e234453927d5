"""What `fanin diff` does: it loads both files, compares them, and says what it found."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import typer
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from fanin.cli.changes.change import Change, Group
from fanin.cli.changes.clients import client_changes
from fanin.cli.changes.costs import Cost, cache_changes, costs_of
from fanin.cli.changes.git import checked_out
from fanin.cli.changes.rest import other_changes
from fanin.cli.changes.rights import right_changes
from fanin.cli.exits import Exit
from fanin.cli.options import configuration
from fanin.cli.terminal import messages, output, print_json
from fanin.config import Config
from fanin.config.units import spelled
from fanin.local.process.console import Problem

_ANY = "any"
"""Stands for a change of any group."""
_TITLES = {
    Group.BREAKING: ("Breaks clients", "bold red"),
    Group.RIGHTS: ("Adds rights", "bold yellow"),
    Group.CACHE: ("Keeps answers for another time", "bold"),
    Group.OTHER: ("Other changes", "bold"),
}


_NOT_THERE = "none"


def run(old: str, newer: Path, option: str, *, fail_on: frozenset[str], as_json: bool) -> None:
    """Compare two files.

    Args:
        old: the older file, or a revision of git.
        newer: the newer file.
        option: what of the command line names it.
        fail_on: groups of changes that fail the command, or `any`.
        as_json: whether JSON is printed.

    Raises:
        typer.BadParameter: there is no such file.
        typer.Exit: a file cannot be served, there is no such revision, or there are such changes.
    """
    after = configuration(newer, as_json=as_json, option=option, overridden=False)
    try:
        with _older(old, newer) as older:
            called = old if str(older) == old else f"{old}:{newer.name}"
            before = configuration(older, as_json=as_json, option="OLD", called=called, overridden=False)
            changes, costs = _changes(before, after), list(costs_of(before, after))
    except Problem as problem:
        messages().print(f"fanin: {problem}", soft_wrap=True)
        raise typer.Exit(Exit.USAGE) from problem
    if as_json:
        told = {str(group): [each.json for each in changes if each.group is group] for group in _TITLES}
        print_json({**told, "cost": [cost.json for cost in costs]})
    else:
        _show(changes, costs, output())
    groups = {str(each.group) for each in changes} | ({_ANY} if changes or costs else set())
    if not groups.isdisjoint(fail_on):
        raise typer.Exit(Exit.FAILED)


@contextmanager
def _older(old: str, newer: Path) -> Iterator[Path]:
    """Give the older file: as it is, or as it is in a revision."""
    if Path(old).is_file():
        yield Path(old)
        return
    if Path(old).suffix == ".toml":
        raise typer.BadParameter(f"there is no file {old!r}.", param_hint="'OLD'")
    with TemporaryDirectory(prefix="fanin-diff-") as folder:
        yield checked_out(old, newer, Path(folder))


def _changes(before: Config, after: Config) -> list[Change]:
    finders: tuple[Callable[[Config, Config], Iterator[Change]], ...] = (
        client_changes,
        right_changes,
        cache_changes,
        other_changes,
    )
    return list(dict.fromkeys(change for find in finders for change in find(before, after)))


def _show(changes: list[Change], costs: list[Cost], console: Console) -> None:
    """Print what changed, the worst first."""
    for group in (Group.BREAKING, Group.RIGHTS):
        _show_group(group, changes, console)
    if costs:
        console.print("Costs another time or number of calls", style="bold")
        console.print(_table(costs))
        console.print()
    for group in (Group.CACHE, Group.OTHER):
        _show_group(group, changes, console)
    if not changes and not costs:
        console.print("Nothing that matters has changed.")


def _show_group(group: Group, changes: list[Change], console: Console) -> None:
    title, style = _TITLES[group]
    found = [each for each in changes if each.group is group]
    if not found:
        return
    console.print(title, style=style)
    for each in found:
        console.print(
            Text.assemble("  ", (each.where, "bold"), f": {each.message} ", (f"[{each.kind}]", "dim")), soft_wrap=True
        )
    console.print()


def _table(costs: list[Cost]) -> Table:
    columns = ("  Endpoint", "Worst case, all calls at once", "One after another", Column("Requests", justify="right"))
    table = Table(*columns, box=None, pad_edge=False)
    for cost in costs:
        table.add_row(f"  {cost.route}", _from_to(cost.concurrent), _from_to(cost.sequential), _counts(cost.requests))
    return table


def _from_to(times: tuple[float | None, float | None]) -> str:
    before, after = (_NOT_THERE if each is None else spelled(each / 1000) if each else "0" for each in times)
    return before if before == after else f"{before} → {after}"


def _counts(counts: tuple[int | None, int | None]) -> str:
    before, after = (_NOT_THERE if each is None else str(each) for each in counts)
    return before if before == after else f"{before} → {after}"
