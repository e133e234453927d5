"""What a process has spent: processor time and memory, as Linux tells it under /proc."""

import os
import time
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(process: int) -> float:
    """Give the processor time of a process since its start, threads that have ended included."""
    # The id that clock_getcpuclockid(3) gives for a process.
    return time.clock_gettime((~process << 3) | 2)


def resident_mb(process: int) -> float:
    """Give the megabytes of memory that a process holds now."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * _PAGE / 1e6


def peak_mb(process: int) -> float:
    """Give the most megabytes of memory that a process has held."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024 / 1e6


def children(process: int) -> list[int]:
    """Give the processes that a process has started and that still run."""
    return [
        int(child)
        for thread in Path(f"/proc/{process}/task").iterdir()
        for child in (thread / "children").read_text().split()
    ]
