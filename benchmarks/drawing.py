"""Plots: in the colours of a page, and as files."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from benchmarks.statistics import ENOUGH, Spread

INK: Final = "#010203"
"""The colour of text and axes, put in place later: by the page's, or by black."""
FAINT: Final = "#040506"
"""That of grid lines."""
_ON_WHITE: Final = ("#1c2024", "#d9dde3")
_ON_BLACK: Final = ("#e8eaed", "#343940")


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


def plot(name: str, title: str, draw: Callable[[], Figure]) -> Plot:
    """Draw it in both kinds of colours."""
    svg, png = io.StringIO(), io.BytesIO()
    with mpl.rc_context(_style(name, INK, FAINT)):
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        draw().savefig(svg, format="svg", transparent=True, metadata=nothing)
    with mpl.rc_context(_style(name, *_ON_WHITE)):
        draw().savefig(png, format="png", dpi=150, facecolor="white")
    # Fit for standing in a page beside others: no prologue, no ids but those that its salt makes its own.
    body = svg.getvalue()[svg.getvalue().index("<svg") :]
    body = re.sub(r' id="([^"]+)"', lambda found: found[0] if f"#{found[1]}" in body else "", body)
    return Plot(name, title, body.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1), png.getvalue())


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


def new_figure(height: float, across: str, up: str = "") -> tuple[Figure, Any]:
    """Give a figure of so many inches of height, with its axes and their names."""
    drawn = Figure(figsize=(8.4, height), layout="constrained")
    axes = drawn.subplots()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    return drawn, axes


def ink() -> str:
    """Give the colour of text."""
    return str(mpl.rcParams["text.color"])


def faint() -> str:
    """Give the colour of grid lines."""
    return str(mpl.rcParams["grid.color"])


def bars(rows: Sequence[Spread]) -> tuple[list[float], list[list[float]] | None]:
    """Give the medians, and how far the quartiles are below and above them where there were rounds enough."""
    if any(row.rounds < ENOUGH for row in rows):
        return [row.median for row in rows], None
    apart = [[row.median - row.low for row in rows], [row.high - row.median for row in rows]]
    return [row.median for row in rows], apart


def logarithmic(axes: Any, at: Sequence[int], base: int = 10) -> None:
    """Make both axes logarithmic, with a tick across at each of these."""
    axes.set_xscale("log", base=base)
    axes.set_yscale("log")
    axes.set_xticks(at, [f"{one:,}" for one in at])
    axes.minorticks_off()
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(linewidth=0.8)


def horizontal(axes: Any) -> None:
    """Show bars from top to bottom."""
    axes.invert_yaxis()
    axes.grid(axis="x", linewidth=0.8)


def legend(figure: Figure) -> None:
    """Put the names below."""
    figure.legend(fontsize=9, loc="outside lower center", ncols=2)
