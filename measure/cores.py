"""Which processor core a process runs on: what is measured on one, what measures on the others."""

import os

MEASURED = 0
MEASURING = 1


def pin(core: int, process: int = 0) -> None:
    """Keep a process, and those that it starts from now on, to one core, or away from the measured one.

    Does nothing where there is but one core, or where the system has no such call.

    Args:
        core: MEASURED or MEASURING.
        process: its id; 0 for this one.
    """
    if not hasattr(os, "sched_setaffinity"):
        return
    every = sorted(_ALL)
    if len(every) < 2:
        return
    os.sched_setaffinity(process, {every[0]} if core == MEASURED else set(every[1:]))


_ALL = frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset[int]()
"""The cores that this program was given at its start."""
