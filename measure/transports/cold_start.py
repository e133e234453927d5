"""What a candidate adds to a cold start: CPU of a fresh interpreter with bytecode, and megabytes in the bundle."""

import importlib.metadata
import os
import statistics
import subprocess
import sys
import tempfile

from measure.transports.candidates import CANDIDATES, Candidate

BARE = "(interpreter)"
_NOTHING = ["-c", "import time; print(time.process_time())"]


def milliseconds(rounds: int) -> dict[str, float]:
    """Median CPU to import a candidate and make its client over that of an interpreter which does nothing.

    Importing asyncio and ssl and loading the certificate authorities is in it, alike for all.
    """
    spent: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
        for turn in range(rounds + 1):
            for name in (BARE, *(candidate.name for candidate in CANDIDATES)):
                seconds = subprocess.run(
                    [sys.executable, *(_NOTHING if name == BARE else ["-m", "measure.transports.start_once", name])],
                    env=environment,
                    check=True,
                    capture_output=True,
                    text=True,
                ).stdout
                if turn:  # the first wrote the bytecode
                    spent.setdefault(name, []).append(float(seconds) * 1000)
    medians = {name: statistics.median(samples) for name, samples in spent.items()}
    return {name: round(median - medians[BARE], 1) for name, median in medians.items() if name != BARE}


def megabytes(candidate: Candidate) -> float:
    """Size of the installed files of a candidate's distributions and all that they require, bytecode apart."""
    from packaging.requirements import Requirement

    pending, seen, size = list(candidate.distributions), set[str](), 0
    while pending:
        name = pending.pop().lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        distribution = importlib.metadata.distribution(name)
        files = [file for file in distribution.files or [] if file.suffix != ".pyc"]
        size += sum(file.size or 0 for file in files)
        for line in distribution.requires or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                pending.append(requirement.name)
    return round(size / 1e6, 1)
