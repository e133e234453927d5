"""The figures as plots: for the report in the colours of its page, and as files."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from matplotlib.figure import Figure

from benchmarks.contrast.claims import close_look
from benchmarks.contrast.figures import Figures
from benchmarks.contrast.lambda_figures import LambdaFigures
from benchmarks.contrast.models import named
from benchmarks.contrast.server_figures import ServerFigures
from benchmarks.drawing import Plot, bars, faint, horizontal, ink, legend, logarithmic, new_figure, plot

_COLOURS: Final = {
    "async": "#2f7de1",
    "threads": "#12a594",
    "sync": "#e5484d",
    "sync-threads": "#30a46c",
    "django": "#f76b15",
    "django-async": "#8e4ec6",
    "gunicorn-threads": "#12a594",
    "gunicorn-sync": "#e5484d",
    "django-asgi": "#f76b15",
    "one-process": "#0090ff",
    "one-process-django": "#ab4aba",
    "collecting": "#6c8db8",
    "stock-shared": "#978365",
    "stock-new": "#8d8d8d",
    "stock-django": "#f76b15",
    "stock-blocking": "#60646c",
}
_DASHED: Final = frozenset({"sync-threads", "django", "threads", "one-process", "collecting", "stock-django"})


def plots(raw: Mapping[str, Any], figures: Figures) -> Iterator[Plot]:
    """Draw everything that was measured."""
    if found := figures.lambda_:
        questions = {one["label"]: one["calls"] for one in raw["lambda"]["questions"]}
        if sum(calls is not None for calls in questions.values()) > 1:
            yield plot("billed", "Billed time of a request", partial(_billed, found, questions))
        yield plot("dollars", "A million requests, in dollars", partial(_dollars, found))
        yield plot("cold-start", "Cold start", partial(_cold, found))
    if figures.server:
        yield plot("throughput", "Answers a second by clients", partial(_throughput, raw["server"], figures.server))
        yield plot("latency", "Latency by arrival rate", partial(_latency, raw["server"], figures.server))
    if "waterfalls" in raw:
        yield plot("waterfalls", "One request's calls", partial(_waterfalls, raw["waterfalls"]))


def _billed(figures: LambdaFigures, questions: Mapping[str, int]) -> Figure:
    figure, axes = new_figure(4.8, "calls to an upstream of a request", "ms in Lambda's runtime")
    calls = [questions[label] for label in figures.warm]
    for model in map(named, next(iter(figures.warm.values()))):
        rows = [warm[model.name].ms for warm in figures.warm.values()]
        axes.errorbar(calls, *bars(rows), capsize=3, **_line(model.name, f"{model.title} ({model.prefix or '/'})"))
    logarithmic(axes, calls, base=2)
    legend(figure)
    return figure


def _dollars(figures: LambdaFigures) -> Figure:
    figure, axes = new_figure(
        3.4, f"$ a million requests: full colour with the template's memory, pale with {figures.memory_mb} MB"
    )
    warm = figures.warm[close_look(figures.warm)]
    colours, places = [_COLOURS[name] for name in warm], range(len(warm))
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
    figure, axes = new_figure(3.0, "ms of initialisation, and, paler, of the first request")
    cold, titles = figures.cold.values(), [named(name).title for name in figures.cold]
    colours = [_COLOURS[name] for name in figures.cold]
    init, apart = bars([one.init_ms for one in cold])
    axes.barh(titles, init, xerr=apart, color=colours, error_kw={"ecolor": ink(), "elinewidth": 1})
    axes.barh(titles, [one.first_ms.median for one in cold], left=init, color=colours, alpha=0.4)
    horizontal(axes)
    return figure


def _throughput(raw: Mapping[str, Any], figures: ServerFigures) -> Figure:
    figure, axes = new_figure(5.6, "clients, each asking again when it has its answer", "answers a second")
    for name in raw["servers"]:
        found = [(int(clients), row[name].throughput) for clients, row in figures.closed.items() if name in row]
        if points := [(clients, of) for clients, of in found if of.median > 0]:
            line = _line(name, _server(raw, name))
            axes.errorbar([clients for clients, _ in points], *bars([of for _, of in points]), capsize=3, **line)
    clients = [int(one) for one in figures.closed]
    ideal = [one * 1000 / raw["delay_ms"] for one in clients]
    axes.plot(clients, ideal, ":", color=faint(), label="if waiting were all")
    logarithmic(axes, clients)
    legend(figure)
    return figure


def _latency(raw: Mapping[str, Any], figures: ServerFigures) -> Figure:
    figure, axes = new_figure(
        5.2, "requests a second, arriving whatever the server does", "ms: median (dots), 99th percentile (triangles)"
    )
    limit = raw["limit_s"] * 1000
    rates = [int(rate) for rate in figures.open]
    for name in raw["servers"]:
        rows = [(int(rate), row[name]) for rate, row in figures.open.items() if name in row]
        at, line = [rate for rate, _ in rows], _line(name, _server(raw, name))
        if rows:
            axes.plot(at, [of.median_ms or limit for _, of in rows], **line)
            line |= {"label": None, "marker": "v", "linewidth": 0.8, "alpha": 0.6}
            axes.plot(at, [of.p99_ms or limit for _, of in rows], **line)
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
        colour = _COLOURS[colours[row["way"]]]
        waited = [later - before for before, later in zip(ready, started, strict=True)]
        took = [later - before for before, later in zip(started, ended, strict=True)]
        axes.barh(names, waited, left=ready, height=0.18, color=faint())
        axes.barh(names, took, left=started, height=0.62, color=colour)
        end = max(ended)
        axes.axvline(end, color=ink(), linewidth=0.8, linestyle=":")
        axes.set_title(f"{row['way']}: {end:,.0f} ms", loc="left", fontsize=10.5, color=ink(), fontweight="bold")
        horizontal(axes)
    every[-1].set_xlabel("ms from the request's begin; thin: ready, and waiting for its turn")
    return figure


def _server(raw: Mapping[str, Any], name: str) -> str:
    server = raw["servers"][name]
    return f"{server['title']} ({server['worker']}, {server['clients']} clients)"


def _line(name: str, label: str) -> dict[str, Any]:
    drawn = {"marker": "o", "markersize": 4, "linewidth": 1.8, "linestyle": "--" if name in _DASHED else "-"}
    return {"label": label, "color": _COLOURS[name]} | drawn
