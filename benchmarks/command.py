"""What the commands of the measurements have in common: their options and their end."""

import argparse
import sys
from argparse import Namespace
from collections.abc import Callable
from typing import Any, NoReturn

from fanin.local.process.console import Console, Problem
from fanin.local.process.interrupts import Interrupted, Interrupts
from fanin.local.process.processes import Processes

type Work = Callable[[Namespace, Console, Processes], int]
"""What a command does; gives its status."""


def run(work: Work, says: str | None, *words: str, **defaults: Any) -> NoReturn:
    """Read the command line, do the work, end all that it started, and exit.

    The status is 1 if there is a problem, which is told, and 130 if it is interrupted.

    Args:
        work: what the command does.
        says: the module's docstring.
        words: the names of what the command line has to say, in their order.
        defaults: what it may say, by name: a switch if the default is False, otherwise a value of the default's type.
    """
    parser = argparse.ArgumentParser(description=(says or "").partition("\n")[0])
    for word in words:
        parser.add_argument(word)
    for name, default in defaults.items():
        how: Any = {"action": "store_true"} if default is False else {"type": type(default), "default": default}
        parser.add_argument(f"--{name}", **how)
    given, console, interrupts = parser.parse_args(), Console(), Interrupts()
    interrupts.raise_on_signals()
    try:
        with Processes(interrupts) as processes:
            sys.exit(work(given, console, processes))
    except Problem as problem:
        console.fail(f"\n{problem}")
        sys.exit(1)
    except Interrupted:
        console.say("\n  ended, with all that was started")
        sys.exit(130)
