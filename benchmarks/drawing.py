"""Plots: in the colours of a page, and as files."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

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
    return Plot(name, body.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1), png.getvalue())


def _style(name: str, ink: str, faint: str) -> dict[str, Any]:
    return {
        **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "lines.color"), ink),
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


def legend(figure: Figure) -> None:
    """Put the names below."""
    figure.legend(fontsize=9, loc="outside lower center", ncols=2)
