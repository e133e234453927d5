"""Count the instructions of what must not drift, and compare: `python -m benchmarks.counts [--record]`.

Callgrind counts in one process: the import of the built gateway with its first answer, then so many calls of each path.
Counts depend on the build of Python and the architecture; so those that were recorded with others are not compared.
"""

import json
import platform
import re
from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from benchmarks import command, configuration, contestants, emulator, machine
from benchmarks.upstream import upstream
from fanin.local.layout import ROOT
from fanin.local.process.console import Console, Problem
from fanin.local.process.processes import Processes

TOLERANCE: Final = 0.02
"""The share by which a count may differ: ten times as much as two runs of the same commit do."""
_CALLS: Final = 100
_CASES: Final = {
    "cold import and first answer": ("/one", 1),
    "warm /health": ("/health", _CALLS),
    "from memory": ("/kept", _CALLS),
    "one source": ("/one", _CALLS),
}
_FILE: Final = ROOT / "benchmarks/counts.json"
_SUMMARY: Final = re.compile(r"^summary: (\d+)$", re.MULTILINE)


def conditions() -> dict[str, str]:
    """Say what counts depend on, apart from the repository.

    Raises:
        Problem: valgrind is not there, or counts nothing on this machine.
    """
    if not (program := machine.version("valgrind")) or platform.machine() != "x86_64":
        raise Problem("Counts need valgrind on x86-64. On Debian and Ubuntu: apt install valgrind")
    return {"python": platform.python_version(), "machine": platform.machine(), "valgrind": program}


def counted(console: Console, processes: Processes) -> dict[str, int]:
    """Count the instructions of each case, a call."""
    out = processes.folder / "callgrind.out"
    with emulator.built(console, processes) as bundles, upstream() as serving:
        toml = configuration.write(processes.folder, serving, (1,), 0, kept=True)
        gateway = contestants.fanin(bundles["GatewayFunction"], toml)
        gateway = replace(gateway, variables={**gateway.variables, "PYTHONHASHSEED": "0"})
        options = ("--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}")
        gateway.probed([(path, calls, "count") for path, calls in _CASES.values()], ("valgrind", *options))
    dumps = enumerate(_CASES.items(), 1)
    return {name: summary(Path(f"{out}.{number}").read_text()) // calls for number, (name, (_, calls)) in dumps}


def summary(dumped: str) -> int:
    """Read the number of instructions from a file of Callgrind's."""
    found = _SUMMARY.search(dumped)
    assert found, "every dump has one"
    return int(found[1])


def drifts(recorded: Mapping[str, int], counts: Mapping[str, int]) -> Iterator[str]:
    """Say which counts are out of tolerance, more or fewer, or stand on one side only."""
    for name in recorded.keys() | counts.keys():
        before, now = recorded.get(name, 0), counts.get(name, 0)
        if abs(now - before) > TOLERANCE * before:
            yield f"{name}: {before:,} instructions were recorded, {now:,} were counted"


def main(given: Namespace, console: Console, processes: Processes) -> int:
    """Count, and compare or record; 1 if a count has drifted."""
    kept = json.loads(_FILE.read_text()) if _FILE.exists() else {}
    under = conditions()
    if not given.record and kept.get("conditions") != under:
        raise Problem(f"{_FILE.name} was recorded with {kept.get('conditions')}, and this is {under}. {_ANEW}")
    counts = counted(console, processes)
    for name, count in counts.items():
        console.say(f"  {count:15,}  {name}")
    if given.record:
        _FILE.write_text(json.dumps({"conditions": under, "counts": counts}, indent=2) + "\n")
    elif found := sorted(drifts(kept["counts"], counts)):
        console.fail("\n".join([*found, f"The tolerance is {TOLERANCE:.0%}. {_ANEW}"]))
        return 1
    return 0


_ANEW: Final = "If that is as it should be, record anew: make counts RECORD=1"

if __name__ == "__main__":
    command.run(main, __doc__, record=False)
