"""A program that serves until it is told to stop."""

from collections.abc import Callable, Mapping

from fanin.local.process.console import Console, Problem
from fanin.local.process.interrupts import Interrupted, Interrupts


def reads_live(environment: Mapping[str, str]) -> bool:
    """Whether a person has asked, by LIVE, to read from the APIs that fanin.toml names, and not from fakes."""
    return environment.get("LIVE", "") not in {"", "0"}


def until_stopped(serve: Callable[[Console, Interrupts], None]) -> int:
    """Serve; 0 when told to stop, 1 if it cannot.

    Args:
        serve: serves until it is interrupted; raises Problem where it cannot.
    """
    console, interrupts = Console(), Interrupts()
    interrupts.raise_on_signals()
    try:
        serve(console, interrupts)
    except Problem as problem:
        console.fail(f"\n{problem}")
        return 1
    except Interrupted:
        interrupts.end()
        console.say("\n  ended, with all that was started")
    return 0
