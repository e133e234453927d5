"""One picture of a run: what each contestant takes, as a multiple of what fanin does."""

from statistics import median

from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, StrMethodFormatter

from benchmarks.bench.figures import FIGURES, NAMES, Samples
from benchmarks.drawing import Plot, horizontal, ink, legend, new_figure, plot

_COLOURS = ("#2f7de1", "#e5484d", "#f76b15", "#12a594", "#8e4ec6", "#30a46c", "#978365", "#60646c", "#6c8db8")


def drawn(samples: Samples) -> Plot:
    """Draw it."""
    return plot("bench", "What a call costs, beside fanin", lambda: _draw(samples))


def _draw(samples: Samples) -> Figure:
    figure, axes = new_figure(5.2, "times as much as fanin takes; right of the line is worse than fanin")
    titles = [of.title.replace("`", "") for of in FIGURES.values()]
    for colour, (name, title) in zip(_COLOURS, NAMES.items(), strict=True):
        points = [
            (_times(samples, figure, name), place)
            for place, figure in enumerate(FIGURES)
            if name != "fanin" and median(samples[figure].get(name, [0])) and median(samples[figure]["fanin"])
        ]
        if points:
            across, up = zip(*points, strict=True)
            axes.plot(across, up, "o", markersize=7, color=colour, label=title)
    axes.axvline(1, color=ink(), linewidth=1.2)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.set_xticks([0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_yticks(range(len(titles)), titles)
    horizontal(axes)
    legend(figure)
    return figure


def _times(samples: Samples, figure: str, name: str) -> float:
    times = median(samples[figure][name]) / median(samples[figure]["fanin"])
    return 1 / times if FIGURES[figure].more_is_better else times
