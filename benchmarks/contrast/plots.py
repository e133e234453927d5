"""The figures as plots: for the report in the colours of its page, and as files."""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from matplotlib.figure import Figure

from benchmarks.contrast.advice import MAIN, Bars, compared
from benchmarks.contrast.claims import close_look
from benchmarks.contrast.figures import Figures
from benchmarks.contrast.lambda_figures import LambdaFigures
from benchmarks.contrast.models import named
from benchmarks.contrast.server_figures import ServerFigures
from benchmarks.contrast.tables import asked
from benchmarks.drawing import Plot, bars, faint, horizontal, ink, legend, logarithmic, new_figure, plot

_APART: Final = 1.03
"""How many times as far to the right as the line before each line is drawn, so that none hides another."""
_COLOURS: Final = {
    "async": "#2f7de1",
    "threads": "#12a594",
    "sync": "#e5484d",
    "sync-threads": "#b0892b",
    "django": "#f76b15",
    "django-async": "#8e4ec6",
}
"""One colour for a model, on Lambda and on servers."""
_STOCK: Final = "#8d8d8d"
"""That of what is not fanin's."""
_MODELS: Final = {
    "gunicorn-threads": "django",
    "gunicorn-sync": "django",
    "django-asgi": "django",
    "one-process": "async",
    "one-process-django": "django-async",
    "collecting": "async",
}
"""The models of the servers that are not called like theirs."""
_LINES: Final = {
    "gunicorn-sync": "--",
    "django-asgi": ":",
    "one-process": "--",
    "one-process-django": "--",
    "collecting": ":",
    "stock-new": "--",
    "stock-django": ":",
    "stock-blocking": "-.",
}


def plots(raw: Mapping[str, Any], figures: Figures) -> Iterator[Plot]:
    """Draw everything that was measured, the plot of the page's head first."""
    billed, served = compared(figures)
    parts: dict[str, Bars] = {}
    if billed and figures.lambda_:
        many = asked(raw["lambda"], close_look(figures.lambda_.warm))
        parts[f"On Lambda, {many}: ms that a request is billed (less is better)"] = billed
    if served and figures.server:
        clients = max(map(int, figures.server.closed))
        parts[f"On a server, {clients:,} clients: answers a second of one worker (more is better)"] = served
    if parts:
        yield main(parts)
    if found := figures.lambda_:
        questions = {one["label"]: one["calls"] for one in raw["lambda"]["questions"]}
        if sum(calls is not None for calls in questions.values()) > 1:
            yield plot("billed", "Billed time of a request", partial(_billed, found, questions))
        yield plot("dollars", "A million requests, in dollars", partial(_dollars, found))
        yield plot("cold-start", "Cold start", partial(_cold, found))
    if figures.server and len(figures.server.closed) > 1:  # the tables tell of one load
        yield plot("throughput", "Answers a second by clients", partial(_throughput, raw["server"], figures.server))
    if figures.server and len(figures.server.open) > 1:
        yield plot("latency", "Latency by arrival rate", partial(_latency, raw["server"], figures.server))
    if "waterfalls" in raw:
        yield plot("waterfalls", "One request's calls", partial(_waterfalls, raw["waterfalls"]))


def main(parts: Mapping[str, Bars]) -> Plot:
    """Draw the plot of the page's head: bars below each title."""
    return plot(MAIN, "; ".join(parts), partial(_main, parts))


def _main(parts: Mapping[str, Bars]) -> Figure:
    sizes = [len(each) for each in parts.values()]
    figure = Figure(figsize=(8.4, 0.6 * len(parts) + 0.3 * sum(sizes)), layout="constrained")
    every = figure.subplots(len(parts), squeeze=False, height_ratios=sizes)[:, 0]
    for axes, (title, each) in zip(every, parts.items(), strict=True):
        axes.set_title(title, loc="left", fontsize=10, color=ink(), fontweight="bold")
        _named_bars(axes, [(text, _colour(name), value) for name, (text, value) in each.items()], "{:,.0f}")
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
    return figure


def _named_bars(axes: Any, shown: Sequence[tuple[str, str, float]], form: str) -> None:
    """Draw a bar for each title, colour and value, with the value behind it."""
    drawn = axes.barh(range(len(shown)), [value for *_, value in shown], 0.7, color=[colour for _, colour, _ in shown])
    axes.bar_label(drawn, fmt=form, padding=4, color=ink(), fontsize=9)
    axes.set_yticks(range(len(shown)), [title for title, *_ in shown])
    axes.margins(x=0.1)
    axes.invert_yaxis()


def _billed(figures: LambdaFigures, questions: Mapping[str, int]) -> Figure:
    figure, axes = new_figure(4.8, "calls to an upstream of a request", "ms in Lambda's runtime")
    calls = [questions[label] for label in figures.warm]
    for place, model in enumerate(map(named, next(iter(figures.warm.values())))):
        rows = [warm[model.name].ms for warm in figures.warm.values()]
        at = [one * _beside(place, len(figures.peak_mb)) for one in calls]
        axes.errorbar(at, *bars(rows), capsize=3, **_line(model.name, f"{model.title} ({model.prefix or '/'})"))
    logarithmic(axes, calls, base=2)
    legend(figure)
    return figure


def _dollars(figures: LambdaFigures) -> Figure:
    figure, axes = new_figure(
        3.4, f"$ a million requests: full colour with the template's memory, pale with {figures.memory_mb} MB"
    )
    warm = figures.warm[close_look(figures.warm)]
    colours, places = [_colour(name) for name in warm], range(len(warm))
    for shift, alpha, values in (
        (-0.2, 1.0, [of.dollars for of in warm.values()]),
        (0.2, 0.45, [of.dollars_alike for of in warm.values()]),
    ):
        drawn = axes.barh([place + shift for place in places], values, 0.38, alpha=alpha, color=colours)
        axes.bar_label(drawn, fmt="%.2f", padding=3, color=ink(), fontsize=9)
    axes.set_yticks(places, [named(name).title for name in warm])
    axes.margins(x=0.1)
    horizontal(axes)
    return figure


def _cold(figures: LambdaFigures) -> Figure:
    """Draw a function's initialisation once, and behind it the first request of each model that it serves."""
    figure, axes = new_figure(3.6, "ms of initialisation (grey), and then of a model's first request")
    titles: list[str] = []
    for cold in figures.cold.values():
        for name, first in cold.first_ms.items():
            axes.barh(len(titles), cold.init_ms.median, 0.7, color=_STOCK)
            bar = axes.barh(len(titles), first.median, 0.7, left=cold.init_ms.median, color=_colour(name))
            told = f"{cold.init_ms.median:,.0f} + {first.median:,.0f}"
            axes.bar_label(bar, labels=[told], padding=4, color=ink(), fontsize=9)
            titles.append(named(name).title)
    axes.set_yticks(range(len(titles)), titles)
    axes.margins(x=0.16)
    horizontal(axes)
    return figure


def _throughput(raw: Mapping[str, Any], figures: ServerFigures) -> Figure:
    clients = [int(one) for one in figures.closed]
    figure, axes = new_figure(5.6, "clients, each asking again when it has its answer", "answers a second")
    for place, name in enumerate(raw["servers"]):
        found = [(int(many), row[name].throughput) for many, row in figures.closed.items() if name in row]
        if points := [(many * _beside(place, len(raw["servers"])), of) for many, of in found if of.median > 0]:
            drawn = _line(name, _server(raw, name))
            axes.errorbar([many for many, _ in points], *bars([of for _, of in points]), capsize=3, **drawn)
    ideal = [one * 1000 / raw["delay_ms"] for one in clients]
    axes.plot(clients, ideal, ":", color=faint(), label="if waiting were all")
    logarithmic(axes, clients)
    legend(figure)
    return figure


def _latency(raw: Mapping[str, Any], figures: ServerFigures) -> Figure:
    limit, rates = raw["limit_s"] * 1000, [int(rate) for rate in figures.open]
    figure, axes = new_figure(
        5.2, "requests a second, arriving whatever the server does", "ms: median (dots), 99th percentile (triangles)"
    )
    for place, name in enumerate(raw["servers"]):
        rows = [
            (int(rate) * _beside(place, len(raw["servers"])), row[name])
            for rate, row in figures.open.items()
            if name in row
        ]
        at, drawn = [rate for rate, _ in rows], _line(name, _server(raw, name))
        if rows:
            axes.plot(at, [of.median_ms or limit for _, of in rows], **drawn)
            drawn |= {"label": None, "marker": "v", "linewidth": 0.8, "alpha": 0.6}
            axes.plot(at, [of.p99_ms or limit for _, of in rows], **drawn)
    axes.axhline(limit, color=ink(), linewidth=0.8, linestyle=":")
    axes.annotate("no answer in time", (rates[0], limit), xytext=(0, 4), textcoords="offset points", fontsize=9)
    logarithmic(axes, rates)
    legend(figure)
    return figure


def _waterfalls(rows: Sequence[Mapping[str, Any]]) -> Figure:
    most = max(len(row["calls"]) for row in rows)
    figure = Figure(figsize=(8.4, 0.9 + len(rows) * (0.5 + 0.24 * most)), layout="constrained")
    every = figure.subplots(len(rows), sharex=True, squeeze=False)[:, 0]
    colours = {"at once, on one event loop": "async", "at once, in threads": "threads", "one after another": "sync"}
    for axes, row in zip(every, rows, strict=True):
        calls = row["calls"]
        names = [call["source"] for call in calls]
        ready, started, ended = ([call[key] for call in calls] for key in ("ready", "started", "ended"))
        way = _colour(colours[row["way"]])
        waited = [later - before for before, later in zip(ready, started, strict=True)]
        took = [later - before for before, later in zip(started, ended, strict=True)]
        axes.barh(names, waited, left=ready, height=0.18, color=faint())
        axes.barh(names, took, left=started, height=0.62, color=way)
        end = max(ended)
        axes.axvline(end, color=ink(), linewidth=0.8, linestyle=":")
        axes.set_title(f"{row['way']}: {end:,.0f} ms", loc="left", fontsize=10.5, color=ink(), fontweight="bold")
        horizontal(axes)
    every[-1].set_xlabel("ms from the request's begin; thin: ready, and waiting for its turn")
    return figure


def _beside(place: int, every: int) -> float:
    """Give how many times as far to the right the points of one of so many lines are drawn."""
    return math.pow(_APART, place - (every - 1) / 2)


def _server(raw: Mapping[str, Any], name: str) -> str:
    server = raw["servers"][name]
    return f"{server['title']} ({server['worker']}, {server['clients']} clients)"


def _line(name: str, label: str) -> dict[str, Any]:
    """Give what matplotlib draws a model's, or a server's, line with."""
    drawn = {"marker": "o", "markersize": 4, "linewidth": 1.8, "linestyle": _LINES.get(name, "-")}
    return {"label": label, "color": _colour(name)} | drawn


def _colour(name: str) -> str:
    """Give the colour of a model, or of a server by the model that it serves."""
    return _COLOURS.get(_MODELS.get(name, name), _STOCK)
