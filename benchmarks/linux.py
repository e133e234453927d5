"""Which processor core a process runs on, and what it has spent, as Linux tells it.

What is measured runs on one core, and what measures on the others.
"""

import os
import signal
import time
from pathlib import Path
from typing import Final

MEASURED: Final = 0
MEASURING: Final = 1
_CORES: Final = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
"""Those that this program was given at its start."""


def pin(core: int, process: int = 0) -> None:
    """Keep a process, by default this one, and those that it starts from now on, to the measured core or off it.

    Does nothing where there is but one core, or where the system has no such call.
    """
    if len(_CORES) > 1:
        os.sched_setaffinity(process, {_CORES[0]} if core == MEASURED else set(_CORES[1:]))


def begin(core: int) -> None:
    """Begin a process of the measurements: on a core, and leaving Ctrl-C to the program that ends it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pin(core)


def cpu_seconds(process: int) -> float:
    """Give the processor time of a process since its start, threads that have ended included."""
    # The id that clock_getcpuclockid(3) gives for a process.
    return time.clock_gettime((~process << 3) | 2)


def held_mb(process: int, *, most: bool = False) -> float:
    """Give the megabytes of memory that a process holds now, or the most that it has held."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    name = "VmHWM:" if most else "VmRSS:"
    return round(next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024 / 1e6, 1)


def shared_mb(process: int) -> float:
    """Give the megabytes that a process holds now; of what several processes share, its share only."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e6


def children(process: int) -> list[int]:
    """Give the processes that a process has started and that still run."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return [int(child) for thread in threads for child in (thread / "children").read_text().split()]
