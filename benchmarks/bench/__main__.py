"""Measure what a call costs beside fanin's peers: `python -m benchmarks.bench [--quick] [--record]`.

Writes the tables into build/bench/results.json and a picture beside it; `--record` writes both into docs/bench.md.
"""

import json
from argparse import Namespace
from statistics import median
from typing import Final

from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, StrMethodFormatter

from benchmarks import command, machine
from benchmarks.bench import run
from benchmarks.bench.figures import FIGURES, MORE_IS_BETTER, NAMES, Samples, tables
from benchmarks.drawing import legend, new_figure, plot
from benchmarks.tables import filled
from fanin.local.layout import BUILD, ROOT
from fanin.local.process.console import Console
from fanin.local.process.processes import Processes

_FOLDER: Final = BUILD / "bench"
_DOCUMENT: Final = ROOT / "docs/bench.md"
_COLOURS = ("#2f7de1", "#e5484d", "#f76b15", "#12a594", "#8e4ec6", "#30a46c", "#978365", "#60646c", "#6c8db8")


def main(given: Namespace, console: Console, processes: Processes) -> int:
    """Measure, write, print."""
    raw = machine.head(quick=given.quick)
    raw |= run.everything(console, processes, quick=given.quick) | {"load_after": machine.load()}
    _FOLDER.mkdir(parents=True, exist_ok=True)
    (_FOLDER / "results.json").write_text(json.dumps(raw) + "\n")
    picture = plot("bench", "What a call costs, beside fanin", lambda: _drawn(raw["figures"]))
    picture.write(_FOLDER)
    told = {"notices": machine.notices(raw)} | dict(tables(raw))
    if given.record:
        _DOCUMENT.write_text(filled(_DOCUMENT.read_text(), told))
        (ROOT / "docs/images/bench.png").write_bytes(picture.png)
    console.say("\n\n".join(filter(None, told.values())))
    console.say(f"\n  {_FOLDER / 'results.json'}\n  {_FOLDER / 'bench.png'}")
    return 0


def _drawn(samples: Samples) -> Figure:
    """Draw what each contestant takes, as a multiple of what fanin does."""
    figure, axes = new_figure(5.2, "times as much as fanin takes; right of the line is worse than fanin")
    for colour, (name, title) in zip(_COLOURS, NAMES.items(), strict=True):
        points = [
            ((median(samples[of][name]) / median(samples[of]["fanin"])) ** (-1 if of == MORE_IS_BETTER else 1), place)
            for place, of in enumerate(FIGURES)
            if name != "fanin" and median(samples[of].get(name, [0])) and median(samples[of]["fanin"])
        ]
        if points:
            axes.plot(*zip(*points, strict=True), "o", markersize=7, color=colour, label=title)
    axes.axvline(1, linewidth=1.2)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.set_xticks([0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_yticks(range(len(FIGURES)), [title.replace("`", "") for title, _ in FIGURES.values()])
    axes.invert_yaxis()
    axes.grid(axis="x", linewidth=0.8)
    legend(figure)
    return figure


if __name__ == "__main__":
    command.run(main, __doc__, quick=False, record=False)
