"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """What a run measures, and how often.

    Args:
        calls: the numbers of upstream calls of a request on Lambda's terms, each with its rounds.
        call_ms: how long each of them takes.
        cold_rounds: new environments of each model.
    """

    calls: tuple[tuple[int, int], ...]
    call_ms: int
    cold_rounds: int


FULL = Settings(
    calls=((1, 12), (2, 12), (4, 12), (8, 12), (16, 5), (32, 4)),
    call_ms=100,
    cold_rounds=5,
)
QUICK = Settings(
    calls=((1, 3), (8, 3)),
    call_ms=100,
    cold_rounds=1,
)
"""Shows that it works, and settles nothing."""
