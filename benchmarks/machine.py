"""What machine the figures are from."""

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def description() -> dict[str, Any]:
    """Describe this machine by what figures depend on, and by no name."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
    }


def load() -> float:
    """Give the mean number of processes that wanted a core in the last minute."""
    return round(os.getloadavg()[0], 2)


def today() -> str:
    """Give the date."""
    return datetime.now(UTC).date().isoformat()


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.processor()
