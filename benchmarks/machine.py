"""What machine the figures are from."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def description() -> dict[str, Any]:
    """Describe this machine by what figures depend on, and by no name."""
    information = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.+)$", information.read_text(), re.MULTILINE) if information.exists() else None
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": found[1] if found else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
    }


def load() -> float:
    """Give the mean number of processes that wanted a core in the last minute."""
    return round(os.getloadavg()[0], 2)


def head(*, quick: bool) -> dict[str, Any]:
    """Give what the raw data of a run begin with."""
    today = datetime.now(UTC).date().isoformat()
    return {"date": today, "machine": description(), "load_before": load(), "quick": quick}


def version(program: str | None, *arguments: str) -> str:
    """Give the one line that a program says of itself; empty if it is missing."""
    if not program or not (found := shutil.which(program)):
        return ""
    command = [found, *(arguments or ["--version"])]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def notices(raw: Mapping[str, Any]) -> str:
    """Warn, in Markdown, of what makes a run's figures weaker than they look."""
    found, cores = list[str](), raw["machine"]["cores"] or 1
    if raw["quick"]:
        found.append("This was a quick run: it shows that everything works, and settles nothing.")
    if raw["load_before"] > cores / 2:
        found.append(
            f"The machine had other work when the run began: on average {raw['load_before']} processes wanted one of "
            f"its {cores} cores. All took turns, so ratios suffer less than absolute figures."
        )
    return "\n>\n".join(f"> {notice}" for notice in found)
