"""The order of measurements, so that what drifts on a machine hits all alike; and how far they are, on the terminal."""

import sys
from collections.abc import Callable, Iterator, Sequence

import rich.progress


def interleaved[Case](cases: Sequence[Case], rounds: int, leaving_out: int = 0) -> list[tuple[int, Case]]:
    """Give every case once in every round, each round beginning with the next case.

    Rounds to be left out come before these, numbered below 0: their results are to be thrown away.
    """
    return [(turn, case) for turn in range(-leaving_out, rounds) for case in rotated(cases, turn)]


def turns[Asked, Case](
    asked: Sequence[tuple[Asked, int]], cases: Callable[[Asked], Sequence[Case]]
) -> list[tuple[int, Asked, Case]]:
    """Give, in every round, all that is asked in it with each of its cases, beginning with the next case.

    Args:
        asked: each with its number of rounds.
        cases: gives those of one that is asked.
    """
    return [
        (turn, one, case)
        for turn in range(max(rounds for _, rounds in asked))
        for one, rounds in asked
        if turn < rounds
        for case in rotated(cases(one), turn)
    ]


def sampled[Case, Sample](
    title: str, cases: Sequence[Case], rounds: int, measure: Callable[[Case], Sample], leaving_out: int = 0
) -> dict[Case, list[Sample]]:
    """Measure every case in every round, interleaved, under a bar; give the samples by case."""
    found: dict[Case, list[Sample]] = {case: [] for case in cases}
    for turn, case in tracked(title, interleaved(cases, rounds, leaving_out)):
        sample = measure(case)
        if turn >= 0:
            found[case].append(sample)
    return found


def rotated[Case](cases: Sequence[Case], turn: int) -> list[Case]:
    """Give the cases in the order of one round, which begins with the case of its number."""
    first = turn % len(cases) if cases else 0
    return [*cases[first:], *cases[:first]]


def tracked[Case](title: str, cases: Sequence[Case]) -> Iterator[Case]:
    """Give the cases, under a bar that says how many of them are measured.

    It is drawn between two of them, and not by a thread of its own, which would take its time from what is measured.
    """
    columns = (*rich.progress.Progress.get_default_columns(), rich.progress.MofNCompleteColumn())
    console = rich.console.Console(stderr=True)
    with rich.progress.Progress(*columns, console=console, auto_refresh=False, disable=not console.is_terminal) as bars:
        if bars.disable:
            print(f"measuring {title} …", file=sys.stderr, flush=True)
        task = bars.add_task(title, total=len(cases))
        for case in cases:
            bars.refresh()
            yield case
            bars.advance(task)
        bars.refresh()
