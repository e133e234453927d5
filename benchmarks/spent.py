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


def shared_mb(process: int) -> float:
    """Give the megabytes that a process holds now; of what several processes share, its share only."""
    return _kilobytes(Path(f"/proc/{process}/smaps_rollup"), "Pss:") * 1024 / 1e6


def peak_mb(process: int) -> float:
    """Give the most megabytes of memory that a process has held."""
    return _kilobytes(Path(f"/proc/{process}/status"), "VmHWM:") * 1024 / 1e6


def _kilobytes(file: Path, name: str) -> int:
    return next(int(line.split()[1]) for line in file.read_text().splitlines() if line.startswith(name))


def children(process: int) -> list[int]:
    """Give the processes that a process has started and that still run."""
    return [
        int(child)
        for thread in Path(f"/proc/{process}/task").iterdir()
        for child in (thread / "children").read_text().split()
    ]
