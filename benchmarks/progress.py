"""How far the measurements are, on the terminal."""

import contextlib
import sys
from collections.abc import Callable, Iterator

import rich.progress


@contextlib.contextmanager
def part(title: str, steps: int) -> Iterator[Callable[[], None]]:
    """Draw a bar for one part of the measurements; what it gives is called after each of its steps.

    It is drawn when something is done, and not by a thread of its own, which would take its time from what is measured.
    """
    columns = (*rich.progress.Progress.get_default_columns(), rich.progress.MofNCompleteColumn())
    console = rich.console.Console(stderr=True)
    with rich.progress.Progress(*columns, console=console, auto_refresh=False, disable=not console.is_terminal) as bars:
        if bars.disable:
            print(f"measuring {title} …", file=sys.stderr, flush=True)
        task = bars.add_task(title, total=steps)
        bars.refresh()

        def advance() -> None:
            bars.advance(task)
            bars.refresh()

        yield advance
