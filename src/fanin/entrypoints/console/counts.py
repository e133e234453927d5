"""How often each source was called, how long that took, and why it failed; memory is bounded."""

import statistics
from collections import Counter, deque
from dataclasses import dataclass, field

from fanin.config.values import Json

MAX_TIMES = 1000
"""Durations of a source that are kept: the last."""
_SLOWEST = 0.95


@dataclass(slots=True)
class _Source:
    """What a source's calls came to."""

    calls: int = 0
    hits: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    times: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_TIMES))


class Counts:
    """The counts of all sources that were asked for."""

    def __init__(self) -> None:
        self._sources: dict[str, _Source] = {}

    def add(self, name: str, problem: str, attempts: int, seconds: float) -> None:
        """Count what a source was asked for; one that was skipped, or only makes its value of others, is not told.

        Args:
            name: the source's.
            problem: the type of its failure; empty without one.
            attempts: requests to it.
            seconds: how long it took.
        """
        if (source := self._sources.get(name)) is None:
            source = self._sources[name] = _Source()
        if problem:
            source.failures[problem] += 1
        if attempts:
            source.calls += 1
            source.times.append(seconds)
        elif not problem:
            source.hits += 1

    def told(self) -> list[dict[str, Json]]:
        """Tell of each source, by its name."""
        return [_told(name, source) for name, source in sorted(self._sources.items())]


def _told(name: str, source: _Source) -> dict[str, Json]:
    times = sorted(seconds * 1000 for seconds in source.times)
    failures: dict[str, Json] = dict(source.failures)
    return {
        "name": name,
        "calls": source.calls,
        "failures": failures,
        "median_ms": round(statistics.median(times), 1) if times else None,
        "p95_ms": round(times[min(len(times) - 1, int(len(times) * _SLOWEST))], 1) if times else None,
        "hits": source.hits,
    }
