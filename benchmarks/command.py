"""What the commands of the measurements have in common: their option, their end, and how they show a table."""

import argparse
from collections.abc import Callable

from benchmarks import machine
from benchmarks.tables import Table
from fanin.local.process.console import Console, Problem
from fanin.local.process.interrupts import Interrupted, Interrupts
from fanin.local.process.processes import Processes


def quick(says: str | None) -> bool:
    """Read the command line of a measurement that has one option; `says` is its module's docstring."""
    parser = argparse.ArgumentParser(description=(says or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="less of everything: shows that it works")
    return bool(parser.parse_args().quick)


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


def show(table: Table) -> None:
    """Print a table, and what machine it is from."""
    print(", ".join(f"{name} {value}" for name, value in machine.description().items()))
    print(f"\n{table.markdown}")
