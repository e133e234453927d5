"""Lengths of time drawn as bars, to scale, in as much of the line as there is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

from fanin.config.units import spelled

_NARROWEST, _WIDEST = 16, 60
CALL = "█"
"""A call under way."""
NEEDS = "·"
"""Waiting for the values of other sources."""
PAUSE = "▁"
"""Waiting within a call, between its attempts or for one."""
TURN = "░"
"""Waiting for a turn, although the values are there."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a bar.

    Args:
        starts: seconds after the left edge.
        ends: likewise.
        glyph: what it is drawn with.
        style: its colour.
    """

    starts: float
    ends: float
    glyph: str
    style: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A line of stretches, the later before the earlier; a call is at least one column wide.

    Args:
        stretches: what is drawn.
        length: seconds of the whole width.
    """

    stretches: Sequence[Stretch]
    length: float

    def __rich_measure__(self, _console: Console, options: ConsoleOptions) -> Measurement:
        """Say how wide it may be."""
        return _measured(options)

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it."""
        width = options.max_width
        cells: list[tuple[str, str]] = [(" ", "")] * width
        for stretch in self.stretches:
            for cell in self._cells(stretch, width):
                cells[cell] = (stretch.glyph, stretch.style)
        yield Text.assemble(*cells, no_wrap=True)

    def _cells(self, stretch: Stretch, width: int) -> Iterator[int]:
        scale = width / self.length if self.length else 0.0
        first, last = round(stretch.starts * scale), round(stretch.ends * scale)
        if stretch.glyph == CALL:
            first = min(first, width - 1)
            last = max(last, first + 1)
        yield from range(first, min(last, width))


@dataclass(frozen=True, slots=True)
class Axis:
    """The heading of a column of bars: 0 at its left edge, their length at its right."""

    length: float

    def __rich_measure__(self, _console: Console, options: ConsoleOptions) -> Measurement:
        """Say how wide it may be."""
        return _measured(options)

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it."""
        yield Text("0" + spelled(self.length).rjust(options.max_width - 1), no_wrap=True)


def _measured(options: ConsoleOptions) -> Measurement:
    return Measurement(_NARROWEST, _WIDEST).with_maximum(options.max_width)
