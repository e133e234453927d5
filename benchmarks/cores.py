"""Which processor core a process runs on: what is measured on one, what measures on the others."""

import os
import signal

MEASURED = 0
MEASURING = 1


def pin(core: int, process: int = 0) -> None:
    """Keep a process, and those that it starts from now on, to one core, or away from the measured one.

    Does nothing where there is but one core, or where the system has no such call.

    Args:
        core: MEASURED or MEASURING.
        process: its id; 0 for this one.
    """
    if len(_ALL) > 1:
        os.sched_setaffinity(process, {_ALL[0]} if core == MEASURED else set(_ALL[1:]))


def begin(core: int) -> None:
    """Begin a process of the measurements: on a core, and leaving Ctrl-C to the program that ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pin(core)


_ALL = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
"""The cores that this program was given at its start."""
