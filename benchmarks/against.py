"""`make against REF=<commit>`: what a call costs now, beside what it cost at another commit, interleaved.

Both checkouts run in fresh interpreters over the same upstream. A ratio under 1 means that today's costs less.
"""

import shutil
import subprocess
import sysconfig
from argparse import Namespace
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks import command, configuration
from benchmarks.configuration import LOOPBACK, path_of
from benchmarks.contestants import Case, Contestant
from benchmarks.interleaving import sampled
from benchmarks.tables import number, spread, table
from benchmarks.upstream import upstream
from fanin.local.layout import ROOT
from fanin.local.process.console import Console
from fanin.local.process.processes import Processes

_ROUNDS: Final = 11
_WIDTHS: Final = (10, 50)
_GIT: Final = shutil.which("git") or "git"
_CASES: Final[dict[str, Case]] = {
    "cold start, CPU": ("/one", 1, "cpu"),
    "warm /health, CPU": ("/health", 1500, "cpu"),
    "from memory, CPU": ("/kept", 1000, "cpu"),
    **{f"{width} calls of 100 ms, time": (path_of(width), 5, "time") for width in _WIDTHS},
    **{f"{width} calls of 100 ms, CPU": (path_of(width), 5, "cpu") for width in _WIDTHS},
}


def _checkout(folder: Path, toml: Path) -> Contestant:
    package = next(place for place in ("src", "layers/fanin/src") if (folder / place).exists())
    path = f"{folder / package}:{folder / 'functions/gateway'}:{sysconfig.get_path('purelib')}"
    return Contestant(str(folder), "app", path, {"FANIN_CONFIG": str(toml), "FANIN_ALLOW": LOOPBACK})


def main(given: Namespace, console: Console, processes: Processes) -> int:
    """Print a row for each figure: today's median, the other's, and the ratio with its quartiles."""
    with upstream() as served:
        other = processes.folder / "other"
        subprocess.run([_GIT, "worktree", "add", "-q", "--detach", other, given.ref], cwd=ROOT, check=True)
        try:
            toml = configuration.write(processes.folder, served, _WIDTHS, 100, kept=True)
            entered = {str(place): _checkout(place, toml) for place in (ROOT, other)}
            cases, rounds = list(_CASES.values()), dict.fromkeys(entered, _ROUNDS)
            found = sampled("both commits", rounds, lambda name: entered[name].probed(cases), leaving_out=1)
        finally:
            subprocess.run([_GIT, "worktree", "remove", "--force", other], cwd=ROOT, check=True)
    rows = []
    for name, ours, theirs in zip(_CASES, *(zip(*of, strict=True) for of in found.values()), strict=True):
        ratios = [now / then for now, then in zip(ours, theirs, strict=True)]
        rows.append([name, *(number(1000 * median(of), 3) for of in (ours, theirs)), spread(ratios, 3)])
    head = ["ms", "now", given.ref[:10], f"ratio (quartiles), {_ROUNDS} rounds"]
    console.say(table("against", "", head, rows)[1])
    return 0


if __name__ == "__main__":
    command.run(main, __doc__, "ref")
