"""The figures as plots: for the report in the colours of its page, and as files."""

import io
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from benchmarks.contrast.advice import MAIN, Bars, compared
from benchmarks.contrast.claims import close_look
from benchmarks.contrast.colours import STOCK, colour, line
from benchmarks.contrast.figures import Figures
from benchmarks.contrast.lambda_figures import LambdaFigures
from benchmarks.contrast.models import named
from benchmarks.contrast.server_figures import ServerFigures
from benchmarks.contrast.tables import asked
from benchmarks.statistics import ENOUGH, Spread

INK: Final = "#010203"
"""The colour of text and axes, put in place later: by the page's, or by black."""
FAINT: Final = "#040506"
"""That of grid lines."""
_ON_WHITE: Final = ("#1c2024", "#d9dde3")
_ON_BLACK: Final = ("#e8eaed", "#343940")
_APART: Final = 1.03
"""How many times as far to the right as the line before each line is drawn, so that none hides another."""


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

    def write_schemes(self, light: Path, dark: Path) -> None:
        """Write the plot for a light page and for a dark one."""
        for file, (ink, faint), ground in ((light, _ON_WHITE, "#fff"), (dark, _ON_BLACK, "#191b1f")):
            # A ground of its own: a page's colours need not be those that its reader's system asks for.
            grounded = self.svg.replace("<svg ", f'<svg style="background:{ground}" ', 1)
            file.write_text(grounded.replace(INK, ink).replace(FAINT, faint))


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


def main(parts: Mapping[str, Bars]) -> Plot:
    """Draw the plot of the page's head: bars below each title."""
    return _plot(MAIN, "; ".join(parts), partial(_main, parts))


def _main(parts: Mapping[str, Bars]) -> Figure:
    sizes = [len(bars) for bars in parts.values()]
    figure = Figure(figsize=(8.4, 0.6 * len(parts) + 0.3 * sum(sizes)), layout="constrained")
    every = figure.subplots(len(parts), squeeze=False, height_ratios=sizes)[:, 0]
    for axes, (title, bars) in zip(every, parts.items(), strict=True):
        axes.set_title(title, loc="left", fontsize=10, color=_ink(), fontweight="bold")
        _named_bars(axes, [(text, colour(name), value) for name, (text, value) in bars.items()], "{:,.0f}")
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
    return figure


def _named_bars(axes: Any, bars: Sequence[tuple[str, str, float]], form: str) -> None:
    """Draw a bar for each title, colour and value, with the value behind it."""
    drawn = axes.barh(range(len(bars)), [value for *_, value in bars], 0.7, color=[colour for _, colour, _ in bars])
    axes.bar_label(drawn, fmt=form, padding=4, color=_ink(), fontsize=9)
    axes.set_yticks(range(len(bars)), [title for title, *_ in bars])
    axes.margins(x=0.1)
    axes.invert_yaxis()


def _billed(figures: LambdaFigures, questions: Mapping[str, int]) -> Figure:
    figure, axes = _figure(4.8, "calls to an upstream of a request", "ms in Lambda's runtime")
    calls = [questions[label] for label in figures.warm]
    for place, model in enumerate(map(named, next(iter(figures.warm.values())))):
        rows = [warm[model.name].ms for warm in figures.warm.values()]
        at = [one * _beside(place, len(figures.peak_mb)) for one in calls]
        axes.errorbar(at, *_bars(rows), capsize=3, **line(model.name, f"{model.title} ({model.prefix or '/'})"))
    _logarithmic(axes, calls, base=2)
    _legend(figure)
    return figure


def _dollars(figures: LambdaFigures) -> Figure:
    figure, axes = _figure(
        3.4, f"$ a million requests: full colour with the template's memory, pale with {figures.memory_mb} MB"
    )
    warm = figures.warm[close_look(figures.warm)]
    colours, places = [colour(name) for name in warm], range(len(warm))
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
    """Draw a function's initialisation once, and behind it the first request of each model that it serves."""
    figure, axes = _figure(3.6, "ms of initialisation (grey), and then of a model's first request")
    titles: list[str] = []
    for cold in figures.cold.values():
        for name, first in cold.first_ms.items():
            axes.barh(len(titles), cold.init_ms.median, 0.7, color=STOCK)
            bar = axes.barh(len(titles), first.median, 0.7, left=cold.init_ms.median, color=colour(name))
            told = f"{cold.init_ms.median:,.0f} + {first.median:,.0f}"
            axes.bar_label(bar, labels=[told], padding=4, color=_ink(), fontsize=9)
            titles.append(named(name).title)
    axes.set_yticks(range(len(titles)), titles)
    axes.margins(x=0.16)
    _horizontal(axes)
    return figure


def _throughput(raw: Mapping[str, Any], figures: ServerFigures) -> Figure:
    clients = [int(one) for one in figures.closed]
    if len(clients) == 1:
        (row,) = figures.closed.values()
        bars = [(_server(raw, name), colour(name), of.throughput.median) for name, of in row.items()]
        figure, axes = _figure(0.9 + 0.32 * len(bars), f"answers a second to {clients[0]:,} clients")
        _named_bars(axes, bars, "{:,.0f}")
        return figure
    figure, axes = _figure(5.6, "clients, each asking again when it has its answer", "answers a second")
    for place, name in enumerate(raw["servers"]):
        found = [(int(many), row[name].throughput) for many, row in figures.closed.items() if name in row]
        if points := [(many * _beside(place, len(raw["servers"])), of) for many, of in found if of.median > 0]:
            drawn = line(name, _server(raw, name))
            axes.errorbar([many for many, _ in points], *_bars([of for _, of in points]), capsize=3, **drawn)
    ideal = [one * 1000 / raw["delay_ms"] for one in clients]
    axes.plot(clients, ideal, ":", color=_faint(), label="if waiting were all")
    _logarithmic(axes, clients)
    _legend(figure)
    return figure


def _latency(raw: Mapping[str, Any], figures: ServerFigures) -> Figure:
    limit, rates = raw["limit_s"] * 1000, [int(rate) for rate in figures.open]
    if len(rates) == 1:
        (row,) = figures.open.values()
        figure, axes = _figure(
            1.0 + 0.5 * len(row), f"ms at {rates[0]:,} requests a second: median, and, paler, 99th percentile"
        )
        for place, (name, of) in enumerate(row.items()):
            slow, told = of.p99_ms or limit, f"{of.median_ms or limit:,.0f} / {of.p99_ms or limit:,.0f}"
            bar = axes.barh(place, slow, 0.7, color=colour(name), alpha=0.4)
            axes.bar_label(bar, labels=[told], padding=4, color=_ink(), fontsize=9)
            axes.barh(place, of.median_ms or limit, 0.7, color=colour(name))
        axes.set_yticks(range(len(row)), [_server(raw, name) for name in row])
        axes.margins(x=0.12)
        axes.invert_yaxis()
        return figure
    figure, axes = _figure(
        5.2, "requests a second, arriving whatever the server does", "ms: median (dots), 99th percentile (triangles)"
    )
    for place, name in enumerate(raw["servers"]):
        rows = [
            (int(rate) * _beside(place, len(raw["servers"])), row[name])
            for rate, row in figures.open.items()
            if name in row
        ]
        at, drawn = [rate for rate, _ in rows], line(name, _server(raw, name))
        if rows:
            axes.plot(at, [of.median_ms or limit for _, of in rows], **drawn)
            drawn |= {"label": None, "marker": "v", "linewidth": 0.8, "alpha": 0.6}
            axes.plot(at, [of.p99_ms or limit for _, of in rows], **drawn)
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
        way = colour(colours[row["way"]])
        waited = [later - before for before, later in zip(ready, started, strict=True)]
        took = [later - before for before, later in zip(started, ended, strict=True)]
        axes.barh(names, waited, left=ready, height=0.18, color=_faint())
        axes.barh(names, took, left=started, height=0.62, color=way)
        end = max(ended)
        axes.axvline(end, color=_ink(), linewidth=0.8, linestyle=":")
        axes.set_title(f"{row['way']}: {end:,.0f} ms", loc="left", fontsize=10.5, color=_ink(), fontweight="bold")
        _horizontal(axes)
    every[-1].set_xlabel("ms from the request's begin; thin: ready, and waiting for its turn")
    return figure


def _beside(place: int, every: int) -> float:
    """Give how many times as far to the right the points of one of so many lines are drawn."""
    return math.pow(_APART, place - (every - 1) / 2)


def _ink() -> str:
    return str(mpl.rcParams["text.color"])


def _faint() -> str:
    return str(mpl.rcParams["grid.color"])


def _server(raw: Mapping[str, Any], name: str) -> str:
    server = raw["servers"][name]
    return f"{server['title']} ({server['worker']}, {server['clients']} clients)"


def _bars(rows: Sequence[Spread]) -> tuple[list[float], list[list[float]] | None]:
    """Give the medians, and how far the quartiles are below and above them where there were rounds enough."""
    if any(row.rounds < ENOUGH for row in rows):
        return [row.median for row in rows], None
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
