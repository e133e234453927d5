"""The figures as plots: for the report in the colours of its page, and as files."""

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from benchmarks.contrast.claims import close_look
from benchmarks.contrast.figures import Figures
from benchmarks.contrast.lambda_figures import LambdaFigures
from benchmarks.contrast.models import named
from benchmarks.contrast.server_figures import ServerFigures
from benchmarks.statistics import Spread

INK: Final = "#010203"
"""The colour of text and axes, put in place later: by the page's, or by black."""
FAINT: Final = "#040506"
"""That of grid lines."""
_ON_WHITE: Final = ("#1c2024", "#d9dde3")
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


@dataclass(frozen=True)
class Plot:
    """A plot."""

    name: str  # its files' name
    title: str  # what it shows
    svg: str  # the plot, in the colours `INK` and `FAINT`
    png: bytes  # the same, in black on white

    def write(self, folder: Path) -> None:
        """Write both files."""
        plain = self.svg.replace(INK, _ON_WHITE[0]).replace(FAINT, _ON_WHITE[1])
        (folder / f"{self.name}.svg").write_text(plain)
        (folder / f"{self.name}.png").write_bytes(self.png)


def plots(raw: Mapping[str, Any], figures: Figures) -> Iterator[Plot]:
    """Draw everything that was measured."""
    if found := figures.lambda_:
        questions = {one["label"]: one["calls"] for one in raw["lambda"]["questions"]}
        if sum(calls is not None for calls in questions.values()) > 1:
            yield _plot("billed", "Billed time of a request", partial(_billed, found, questions))
        yield _plot("dollars", "A million requests, in dollars", partial(_dollars, found))
        yield _plot("cold-start", "Cold start", partial(_cold, found))
    if figures.server:
        yield _plot("throughput", "Answers a second by clients", partial(_throughput, raw["server"], figures.server))
        yield _plot("latency", "Latency by arrival rate", partial(_latency, raw["server"], figures.server))
    if "waterfalls" in raw:
        yield _plot("waterfalls", "One request's calls", partial(_waterfalls, raw["waterfalls"]))


def _plot(name: str, title: str, draw: Callable[[], Figure]) -> Plot:
    svg, png = io.StringIO(), io.BytesIO()
    with mpl.rc_context(_style(name, INK, FAINT)):
        draw().savefig(svg, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    with mpl.rc_context(_style(name, *_ON_WHITE)):
        draw().savefig(png, format="png", dpi=150, facecolor="white")
    return Plot(name, title, _inline(svg.getvalue(), name, title), png.getvalue())


def _style(name: str, ink: str, faint: str) -> dict[str, Any]:
    return {
        **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), ink),
        **dict.fromkeys(("axes.edgecolor", "grid.color"), faint),
        **dict.fromkeys(("axes.spines.top", "axes.spines.right", "legend.frameon"), False),
        **dict.fromkeys(("xtick.major.size", "ytick.major.size"), 0),
        "axes.axisbelow": True,
        "font.family": "sans-serif",
        "svg.fonttype": "none",  # text stays text: searchable, and in the page's own font
        "svg.hashsalt": name,
    }


def _inline(svg: str, name: str, title: str) -> str:
    """Make an SVG fit for standing in a page beside others: no prologue, no other's ids, a name for screen readers."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    for identity in sorted(set(re.findall(r'id="([^"]+)"', body)), key=len, reverse=True):
        body = body.replace(f'id="{identity}"', f'id="{name}-{identity}"')
        for before, after in ('""', "()"):
            body = body.replace(f"{before}#{identity}{after}", f"{before}#{name}-{identity}{after}")
    return body.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)


def _figure(height: float, across: str, up: str = "") -> tuple[Figure, Any]:
    figure = Figure(figsize=(8.4, height), layout="constrained")
    axes = figure.subplots()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    return figure, axes


def _billed(figures: LambdaFigures, questions: Mapping[str, int]) -> Figure:
    figure, axes = _figure(4.8, "calls to an upstream of a request", "ms in Lambda's runtime")
    calls = [questions[label] for label in figures.warm]
    for model in map(named, next(iter(figures.warm.values()))):
        rows = [warm[model.name].ms for warm in figures.warm.values()]
        axes.errorbar(calls, *_bars(rows), capsize=3, **_line(model.name, f"{model.title} ({model.prefix or '/'})"))
    _logarithmic(axes, calls, base=2)
    _legend(figure)
    return figure


def _dollars(figures: LambdaFigures) -> Figure:
    figure, axes = _figure(
        3.4, f"$ a million requests: full colour with the template's memory, pale with {figures.memory_mb} MB"
    )
    warm = figures.warm[close_look(figures.warm)]
    colours, places = [_COLOURS[name] for name in warm], range(len(warm))
    for shift, alpha, values in (
        (-0.2, 1.0, [of.dollars for of in warm.values()]),
        (0.2, 0.45, [of.dollars_alike for of in warm.values()]),
    ):
        bars = axes.barh([place + shift for place in places], values, 0.38, alpha=alpha, color=colours)
        axes.bar_label(bars, fmt="%.2f", padding=3, color=_ink(), fontsize=9)
    axes.set_yticks(places, [named(name).title for name in warm])
    axes.margins(x=0.1)
    _horizontal(axes)
    return figure


def _cold(figures: LambdaFigures) -> Figure:
    figure, axes = _figure(3.0, "ms of initialisation, and, paler, of the first request")
    cold, titles = figures.cold.values(), [named(name).title for name in figures.cold]
    colours = [_COLOURS[name] for name in figures.cold]
    init, apart = _bars([one.init_ms for one in cold])
    axes.barh(titles, init, xerr=apart, color=colours, error_kw={"ecolor": _ink(), "elinewidth": 1})
    axes.barh(titles, [one.first_ms.median for one in cold], left=init, color=colours, alpha=0.4)
    _horizontal(axes)
    return figure


def _throughput(raw: Mapping[str, Any], figures: ServerFigures) -> Figure:
    figure, axes = _figure(5.6, "clients, each asking again when it has its answer", "answers a second")
    for name in raw["servers"]:
        found = [(int(clients), row[name].throughput) for clients, row in figures.closed.items() if name in row]
        if points := [(clients, of) for clients, of in found if of.median > 0]:
            line = _line(name, _server(raw, name))
            axes.errorbar([clients for clients, _ in points], *_bars([of for _, of in points]), capsize=3, **line)
    clients = [int(one) for one in figures.closed]
    ideal = [one * 1000 / raw["delay_ms"] for one in clients]
    axes.plot(clients, ideal, ":", color=_faint(), label="if waiting were all")
    _logarithmic(axes, clients)
    _legend(figure)
    return figure


def _latency(raw: Mapping[str, Any], figures: ServerFigures) -> Figure:
    figure, axes = _figure(
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
    axes.axhline(limit, color=_ink(), linewidth=0.8, linestyle=":")
    axes.annotate("no answer in time", (rates[0], limit), xytext=(0, 4), textcoords="offset points", fontsize=9)
    _logarithmic(axes, rates)
    _legend(figure)
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
        axes.barh(names, waited, left=ready, height=0.18, color=_faint())
        axes.barh(names, took, left=started, height=0.62, color=colour)
        end = max(ended)
        axes.axvline(end, color=_ink(), linewidth=0.8, linestyle=":")
        axes.set_title(f"{row['way']}: {end:,.0f} ms", loc="left", fontsize=10.5, color=_ink(), fontweight="bold")
        _horizontal(axes)
    every[-1].set_xlabel("ms from the request's begin; thin: ready, and waiting for its turn")
    return figure


def _ink() -> str:
    return str(mpl.rcParams["text.color"])


def _faint() -> str:
    return str(mpl.rcParams["grid.color"])


def _server(raw: Mapping[str, Any], name: str) -> str:
    server = raw["servers"][name]
    return f"{server['title']} ({server['worker']}, {server['clients']} clients)"


def _line(name: str, label: str) -> dict[str, Any]:
    drawn = {"marker": "o", "markersize": 4, "linewidth": 1.8, "linestyle": "--" if name in _DASHED else "-"}
    return {"label": label, "color": _COLOURS[name]} | drawn


def _bars(rows: Sequence[Spread]) -> tuple[list[float], list[list[float]]]:
    """Give the medians, and how far the quartiles are below and above them."""
    apart = [[row.median - row.low for row in rows], [row.high - row.median for row in rows]]
    return [row.median for row in rows], apart


def _logarithmic(axes: Any, at: Sequence[int], base: int = 10) -> None:
    axes.set_xscale("log", base=base)
    axes.set_yscale("log")
    axes.set_xticks(at, [f"{one:,}" for one in at])
    axes.minorticks_off()
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(linewidth=0.8)


def _horizontal(axes: Any) -> None:
    axes.invert_yaxis()
    axes.grid(axis="x", linewidth=0.8)


def _legend(figure: Figure) -> None:
    figure.legend(fontsize=9, loc="outside lower center", ncols=2)
