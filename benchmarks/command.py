"""What the commands of the measurements have in common: their options, their end, and how they show tables."""

import argparse
from collections.abc import Callable
from typing import Any

from benchmarks import machine
from benchmarks.tables import Table
from fanin.local.process.console import Console, Problem
from fanin.local.process.interrupts import Interrupted, Interrupts
from fanin.local.process.processes import Processes


def options(says: str | None, *words: str, **defaults: Any) -> argparse.Namespace:
    """Read a command line.

    Args:
        says: the module's docstring.
        words: the names of what it has to say, in their order.
        defaults: what it may say, by name: a switch if the default is False, otherwise a value of the default's type.
    """
    parser = argparse.ArgumentParser(description=(says or "").partition("\n")[0])
    for word in words:
        parser.add_argument(word)
    for name, default in defaults.items():
        how: Any = {"action": "store_true"} if default is False else {"type": type(default), "default": default}
        parser.add_argument(f"--{name}", **how)
    return parser.parse_args()


def run(work: Callable[[Console, Processes], int], failed: int = 1) -> int:
    """Do the work, and end all that it started.

    Returns:
        its status; `failed` if it has a problem, which is told; 130 if it is interrupted.
    """
    console, interrupts = Console(), Interrupts()
    interrupts.raise_on_signals()
    try:
        with Processes(interrupts) as processes:
            return work(console, processes)
    except Problem as problem:
        console.fail(f"\n{problem}")
        return failed
    except Interrupted:
        console.say("\n  ended, with all that was started")
        return 130


def show(*tables: Table) -> None:
    """Print tables, and what machine they are from."""
    told = machine.description() | {"load": machine.load()}
    print(", ".join(f"{name} {value}" for name, value in told.items()))
    for table in tables:
        print(f"\n{table.markdown}")
