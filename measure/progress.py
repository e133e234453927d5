"""How far the measurements are, on the terminal."""

import contextlib
import sys
from collections.abc import Callable, Iterator

import rich.progress

type Advance = Callable[[], None]


class Progress:
    """A bar for each part of the measurements.

    It is drawn when something is done, and not by a thread of its own, which would take its time from what is measured.
    """

    def __init__(self) -> None:
        self._bars = rich.progress.Progress(
            rich.progress.TextColumn("{task.description}"),
            rich.progress.BarColumn(),
            rich.progress.MofNCompleteColumn(),
            rich.progress.TimeElapsedColumn(),
            rich.progress.TextColumn("left"),
            rich.progress.TimeRemainingColumn(),
            console=rich.console.Console(stderr=True),
            auto_refresh=False,
            disable=not sys.stderr.isatty(),
        )

    @contextlib.contextmanager
    def part(self, title: str, steps: int) -> Iterator[Advance]:
        """Draw a bar for one part; what it gives is called after each of its steps."""
        if self._bars.disable:
            print(f"measuring {title} …", file=sys.stderr, flush=True)
        task = self._bars.add_task(title, total=steps)

        def advance() -> None:
            self._bars.advance(task)
            self._bars.refresh()

        with self._bars if not self._bars.live.is_started else contextlib.nullcontext():
            advance_nothing = self._bars.refresh
            advance_nothing()
            yield advance
