"""The order of measurements: one after another in turn, so that what drifts on a machine hits all alike."""

from collections.abc import Iterator, Sequence


def interleaved[Case](cases: Sequence[Case], rounds: int, leaving_out: int = 0) -> Iterator[tuple[int, Case]]:
    """Give every case once in every round, each round beginning with the next case.

    Rounds to be left out come before these, numbered below 0: their results are to be thrown away.
    """
    for turn in range(-leaving_out, rounds):
        for case in rotated(cases, turn):
            yield turn, case


def rotated[Case](cases: Sequence[Case], turn: int) -> list[Case]:
    """Give the cases in the order of one round, which begins with the case of its number."""
    first = turn % len(cases) if cases else 0
    return [*cases[first:], *cases[:first]]
