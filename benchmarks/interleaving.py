"""The order of measurements, so that what drifts on a machine hits all alike; and how far they are, on the terminal."""

import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence

import rich.progress


def interleaved[Case](cases: Sequence[Case], rounds: int, leaving_out: int = 0) -> Iterator[tuple[int, Case]]:
    """Give every case once in every round, each round beginning with the next case.

    Rounds to be left out come before these, numbered below 0: their results are to be thrown away.
    """
    for turn in range(-leaving_out, rounds):
        for case in rotated(cases, turn):
            yield turn, case


def sampled[Case, Sample](
    title: str, cases: Sequence[Case], rounds: int, measure: Callable[[Case], Sample], leaving_out: int = 0
) -> dict[Case, list[Sample]]:
    """Measure every case in every round, interleaved, under a bar; give the samples by case."""
    found: dict[Case, list[Sample]] = {case: [] for case in cases}
    with part(title, len(cases) * (rounds + leaving_out)) as advance:
        for turn, case in interleaved(cases, rounds, leaving_out):
            sample = measure(case)
            if turn >= 0:
                found[case].append(sample)
            advance()
    return found


def rotated[Case](cases: Sequence[Case], turn: int) -> list[Case]:
    """Give the cases in the order of one round, which begins with the case of its number."""
    first = turn % len(cases) if cases else 0
    return [*cases[first:], *cases[:first]]


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
