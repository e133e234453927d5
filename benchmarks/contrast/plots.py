"""The figures as plots: for the report in the colours of its page, and as files."""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from matplotlib import rcParams
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, StrMethodFormatter

from benchmarks.contrast.claims import close_look
from benchmarks.contrast.figures import By, Figures, Rows, billed, late_ms, rates
from benchmarks.contrast.models import named
from benchmarks.contrast.tables import asked
from benchmarks.drawing import Plot, legend, new_figure, plot
from benchmarks.statistics import ENOUGH, Spread

_APART: Final = 1.03
"""How many times as far to the right as the line before each line is drawn, so that none hides another."""
_COLOURS: Final = {
    "async": "#2f7de1",
    "threads": "#12a594",
    "sync": "#e5484d",
    "sync-threads": "#b0892b",
    "django": "#f76b15",
    "django-async": "#8e4ec6",
    "stock": "#8d8d8d",
}
"""One colour for a model, on Lambda and on servers; and that of what is not fanin's."""
_LINES: Final = {
    "gunicorn-threads": ("django", "-"),
    "gunicorn-sync": ("django", "--"),
    "django-asgi": ("django", ":"),
    "one-process": ("async", "--"),
    "one-process-django": ("django-async", "--"),
    "collecting": ("async", ":"),
    "stock-shared": ("stock", "-"),
    "stock-new": ("stock", "--"),
    "stock-django": ("stock", ":"),
    "stock-blocking": ("stock", "-."),
}
"""The models of the servers that are not called like theirs, and how their lines are drawn."""
_SERVED: Final = {
    "async": "FastAPI async def",
    "threads": "FastAPI def, 40 threads",
    "django-async": "Django async view",
    "gunicorn-threads": "Django view, 40 threads",
    "gunicorn-sync": "Django view, one at a time",
    "stock-shared": "async def, one shared httpx client",
}
"""The servers of the main chart, and what they are called there."""

type Bar = tuple[str, str, float]
"""A title, the model or server, and its figure."""


def plots(raw: Mapping[str, Any], figures: Figures) -> Iterator[Plot]:
    """Draw what was measured, the plot of the page's head first. Of one load, tables tell."""
    if main := dict(_compared(raw, figures)):
        yield plot("main", "; ".join(main), partial(_main, main))
    if len(figures.warm) > 1:
        yield plot("billed", "Billed time of a request", partial(_billed, figures))
    if len(figures.closed) > 1:
        yield plot("throughput", "Answers a second by clients", partial(_throughput, raw["server"], figures))
    if len(figures.open) > 1:
        yield plot("latency", "Latency by arrival rate", partial(_latency, raw["server"], figures))


def _compared(raw: Mapping[str, Any], figures: Figures) -> Iterator[tuple[str, list[Bar]]]:
    """Give what the main chart shows: what is billed on Lambda, and answers a second on a server."""
    if figures.warm:
        look = close_look(figures)
        title = f"On Lambda, {asked(raw['lambda'], look)}: ms that a request is billed (less is better)"
        yield title, [(named(name).title, name, statistics.mean(billed(of))) for name, of in figures.warm[look].items()]
    if figures.closed:
        clients = max(figures.closed, key=int)
        row = figures.closed[clients]
        title = f"On a server, {int(clients):,} clients: answers a second of one worker (more is better)"
        yield (
            title,
            [(title, name, statistics.median(rates(row[name]))) for name, title in _SERVED.items() if name in row],
        )


def _main(parts: Mapping[str, Sequence[Bar]]) -> Figure:
    sizes = [len(each) for each in parts.values()]
    figure = Figure(figsize=(8.4, 0.6 * len(parts) + 0.3 * sum(sizes)), layout="constrained")
    every = figure.subplots(len(parts), squeeze=False, height_ratios=sizes)[:, 0]
    for axes, (title, each) in zip(every, parts.items(), strict=True):
        axes.set_title(title, loc="left", fontsize=10, fontweight="bold")
        colours, values = [_colour(name) for _, name, _ in each], [value for *_, value in each]
        drawn = axes.barh(range(len(each)), values, 0.7, color=colours)
        axes.bar_label(drawn, padding=4, fontsize=9, fmt="{:,.0f}")
        axes.margins(x=0.16)  # room for what is written behind the bars
        axes.set_yticks(range(len(each)), [title for title, *_ in each])
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        axes.invert_yaxis()
    return figure


def _billed(figures: Figures) -> Figure:
    figure, axes = new_figure(4.8, "calls to an upstream of a request", "ms in Lambda's runtime")
    calls, models = [int(label) for label in figures.warm], next(iter(figures.warm.values()))
    for place, model in enumerate(map(named, models)):
        rows = [Spread.of([row["ms"] for row in warm[model.name]]) for warm in figures.warm.values()]
        at = [one * _beside(place, len(models)) for one in calls]
        axes.errorbar(at, *_bars(rows), capsize=3, **_line(model.name, f"{model.title} ({model.prefix or '/'})"))
    return _logarithmic(figure, axes, calls, base=2)


def _throughput(raw: Mapping[str, Any], figures: Figures) -> Figure:
    clients = [int(one) for one in figures.closed]
    figure, axes = new_figure(5.6, "clients, each asking again when it has its answer", "answers a second")
    for line, points in _of_servers(raw, figures.closed):
        if shown := [(at, found) for at, of in points if (found := Spread.of(rates(of))).median > 0]:
            axes.errorbar([at for at, _ in shown], *_bars([of for _, of in shown]), capsize=3, **line)
    ideal = [one * 1000 / raw["delay_ms"] for one in clients]
    axes.plot(clients, ideal, ":", color=rcParams["grid.color"], label="if waiting were all")
    return _logarithmic(figure, axes, clients)


def _latency(raw: Mapping[str, Any], figures: Figures) -> Figure:
    limit, rates = raw["limit_s"] * 1000, [int(rate) for rate in figures.open]
    figure, axes = new_figure(
        5.2, "requests a second, arriving whatever the server does", "ms: median (dots), 99th percentile (triangles)"
    )
    for line, points in _of_servers(raw, figures.open):
        at = [rate for rate, _ in points]
        axes.plot(at, [late_ms(of, 50) or limit for _, of in points], **line)
        line |= {"label": None, "marker": "v", "linewidth": 0.8, "alpha": 0.6}
        axes.plot(at, [late_ms(of, 99) or limit for _, of in points], **line)
    axes.axhline(limit, linewidth=0.8, linestyle=":")
    axes.annotate("no answer in time", (rates[0], limit), xytext=(0, 4), textcoords="offset points", fontsize=9)
    return _logarithmic(figure, axes, rates)


def _of_servers(raw: Mapping[str, Any], loops: By) -> Iterator[tuple[dict[str, Any], list[tuple[float, Rows]]]]:
    """Give what each server's line is drawn with, and its points: where they are across, and their figures."""
    for place, (name, server) in enumerate(raw["servers"].items()):
        beside = _beside(place, len(raw["servers"]))
        if points := [(int(load) * beside, row[name]) for load, row in loops.items() if name in row]:
            yield _line(name, f"{server['title']} ({server['worker']}, {server['clients']} clients)"), points


def _bars(rows: Sequence[Spread]) -> tuple[list[float], list[list[float]] | None]:
    """Give the medians, and how far the quartiles are below and above them where there were rounds enough."""
    medians = [row.median for row in rows]
    if any(row.rounds < ENOUGH for row in rows):
        return medians, None
    return medians, [[row.median - row.low for row in rows], [row.high - row.median for row in rows]]


def _logarithmic(figure: Figure, axes: Any, at: Sequence[int], base: int = 10) -> Figure:
    """Make both axes logarithmic, with a tick across at each of these, and put the names of the lines below."""
    axes.set_xscale("log", base=base)
    axes.set_yscale("log")
    axes.set_xticks(at, [f"{one:,}" for one in at])
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.minorticks_off()
    axes.grid(linewidth=0.8)
    legend(figure)
    return figure


def _beside(place: int, every: int) -> float:
    """Give how many times as far to the right the points of one of so many lines are drawn."""
    return math.pow(_APART, place - (every - 1) / 2)


def _line(name: str, label: str) -> dict[str, Any]:
    """Give what matplotlib draws a model's, or a server's, line with."""
    _, style = _LINES.get(name, ("", "-"))
    shape = {"marker": "o", "markersize": 4, "linewidth": 1.8}
    return {"label": label, "color": _colour(name), "linestyle": style} | shape


def _colour(name: str) -> str:
    """Give the colour of a model, or of a server by the model that it serves."""
    model, _ = _LINES.get(name, (name, ""))
    return _COLOURS.get(model, _COLOURS["stock"])
