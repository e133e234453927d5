"""The order of measurements: one after another in turn, so that what drifts on a machine hits all alike."""

from collections.abc import Iterator, Sequence


def interleaved[Case](cases: Sequence[Case], rounds: int, leaving_out: int = 0) -> Iterator[tuple[int, Case]]:
    """Give every case once in every round, each round beginning with the next case.

    Args:
        cases: what is measured.
        rounds: how often.
        leaving_out: rounds before these, numbered below 0, whose results are to be thrown away.
    """
    for turn in range(-leaving_out, rounds):
        first = turn % len(cases) if cases else 0
        for case in [*cases[first:], *cases[:first]]:
            yield turn, case
