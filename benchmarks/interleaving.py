"""The order of measurements: one after another in turn, so that what drifts on a machine hits all alike."""

from collections.abc import Callable, Iterator, Sequence

from benchmarks.progress import part


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
