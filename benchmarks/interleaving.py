"""The order of measurements, so that what drifts on a machine hits all alike."""

from collections.abc import Callable, Hashable, Mapping
from itertools import groupby

from rich.console import Console
from rich.progress import track


def turns[Case](
    cases: Mapping[Case, int], leaving_out: int = 0, under: Callable[[Case], Hashable] = lambda _: ""
) -> list[tuple[int, Case]]:
    """Give every case once in each of its rounds, each round beginning with the next of those under one condition.

    Rounds of all to be left out come before these, numbered below 0: their results are to be thrown away.
    """
    order = []
    for turn in range(-leaving_out, max(cases.values())):
        for _, alike in groupby(cases, under):
            every = list(alike)
            first = turn % len(every)
            order += [(turn, case) for case in (*every[first:], *every[:first]) if turn < cases[case]]
    return order


def sampled[Case, Sample](
    title: str,
    cases: Mapping[Case, int],
    measure: Callable[[Case], Sample],
    leaving_out: int = 0,
    under: Callable[[Case], Hashable] = lambda _: "",
) -> dict[Case, list[Sample]]:
    """Measure every case in so many rounds as it has, in turns, under a bar; give the samples by case."""
    found: dict[Case, list[Sample]] = {case: [] for case in cases}
    order = turns(cases, leaving_out, under)
    # No thread of its own draws the bar: it would take its time from what is measured.
    for turn, case in track(order, title, console=Console(stderr=True), auto_refresh=False):
        sample = measure(case)
        if turn >= 0:
            found[case].append(sample)
    return found
