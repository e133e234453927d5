"""`make against REF=<commit>`: what a call costs now, beside what it cost at another commit, interleaved.

Both checkouts run in fresh interpreters over the same upstream. A ratio under 1 means that today's costs less.
"""

import shutil
import subprocess
import sysconfig
from argparse import Namespace
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from benchmarks import command, configuration
from benchmarks.configuration import LOOPBACK, path_of
from benchmarks.contestants import Case, Contestant
from benchmarks.interleaving import sampled
from benchmarks.upstream import upstream
from fanin.local.layout import ROOT
from fanin.local.process.console import Console
from fanin.local.process.processes import Processes

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


def main(given: Namespace, _: Console, processes: Processes) -> int:
    """Print a row for each figure: today's median, the other's, and the ratio with its quartiles."""
    with upstream() as served:
        other = processes.folder / "other"
        subprocess.run([_GIT, "worktree", "add", "-q", "--detach", other, given.ref], cwd=ROOT, check=True)
        try:
            toml = configuration.write(processes.folder, served, _WIDTHS, 100, kept=True)
            entered = {str(place): _checkout(place, toml) for place in (ROOT, other)}
            cases = list(_CASES.values())
            rounds = dict.fromkeys(entered, given.rounds)
            found = sampled("both commits", rounds, lambda name: entered[name].probed(cases), leaving_out=1)
        finally:
            subprocess.run([_GIT, "worktree", "remove", "--force", other], cwd=ROOT, check=True)
    print(f"{'':28}{'now':>10}{given.ref[:10]:>12}   ratio (quartiles), {given.rounds} rounds")
    by_figure = [zip(*rounds, strict=True) for rounds in found.values()]
    for name, ours, theirs in zip(_CASES, *by_figure, strict=True):
        low, middle, high = quantiles([now / then for now, then in zip(ours, theirs, strict=True)], n=4)
        medians = f"{1000 * median(ours):8.3f}ms{1000 * median(theirs):10.3f}ms"
        print(f"{name:28}{medians}   {middle:.3f} ({low:.3f} to {high:.3f})")
    return 0


if __name__ == "__main__":
    command.run(main, __doc__, "ref", rounds=11)
