"""Which processor core a process runs on: what is measured on one, what measures on the others."""

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection as Pipe
from typing import Any

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


@contextlib.contextmanager
def running(run: Callable[[Pipe], None], core: int) -> Iterator[Any]:
    """Run a function in a process of its own, as long as the context lasts; gives our end of its pipe."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(run, core, theirs), daemon=True)
    process.start()
    theirs.close()  # so that its end, too, ends the waiting for what it says
    try:
        yield ours
    finally:
        process.terminate()
        process.join()


def _run(run: Callable[[Pipe], None], core: int, pipe: Pipe) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program that ends this one
    pin(core)
    run(pipe)


_ALL = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
"""The cores that this program was given at its start."""
