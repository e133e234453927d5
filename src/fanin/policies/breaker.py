"""The circuit breaker itself: a state machine that is told the time, and knows nothing of calls.

closed ── too many failures ──▶ open ── time ──▶ half-open ── probes well ──▶ closed
                                 ▲─────── a probe failed ───────┘
"""

from collections import deque
from typing import Literal

from fanin.config.policies import CircuitBreaker

MAX_REMEMBERED = 1000
"""Calls of the window that are remembered at most: the latest."""


class Breaker:
    """One source's breaker in one environment of a function.

    Args:
        settings: when to open, how long, and how to close.
    """

    def __init__(self, settings: CircuitBreaker) -> None:
        self.state: Literal["closed", "open", "half-open"] = "closed"
        self._settings = settings
        self._period = 0
        """Counts the times that a state was entered: what was admitted in an earlier one says nothing any more."""
        self._recent: deque[tuple[float, bool]] = deque()
        self._failures = 0
        self._opened = 0.0
        self._probing = 0
        self._proven = 0

    def admit(self, now: float) -> int | None:
        """Admit a call, or refuse it.

        Args:
            now: the clock's seconds.

        Returns:
            what to settle the call with; None where it is refused.
        """
        if self.state == "open" and now >= self._opened + self._settings.open:
            self._enter("half-open")
        if self.state == "open":
            return None
        if self.state == "half-open":
            if self._probing + self._proven >= self._settings.probes:
                return None
            self._probing += 1
        return self._period

    def settle(self, admitted: int, now: float, *, failed: bool | None) -> None:
        """Take what an admitted call came to; each has to be settled, once.

        Args:
            admitted: what `admit` gave.
            now: the clock's seconds.
            failed: None where it says nothing of the source.
        """
        if admitted != self._period:
            return
        if self.state == "half-open":
            self._settle_probe(now, failed=failed)
        elif failed is not None:
            self._count(now, failed=failed)

    def _settle_probe(self, now: float, *, failed: bool | None) -> None:
        self._probing -= 1
        if failed:
            self._open(now)
        elif failed is False:
            self._proven += 1
            if self._proven >= self._settings.probes:
                self._enter("closed")

    def _count(self, now: float, *, failed: bool) -> None:
        self._recent.append((now, failed))
        self._failures += failed
        while len(self._recent) > MAX_REMEMBERED or self._recent[0][0] <= now - self._settings.window:
            self._failures -= self._recent.popleft()[1]
        enough = len(self._recent) >= self._settings.minimum_calls
        if failed and enough and self._failures >= self._settings.failure_rate * len(self._recent):
            self._open(now)

    def _open(self, now: float) -> None:
        self._opened = now
        self._enter("open")

    def _enter(self, state: Literal["closed", "open", "half-open"]) -> None:
        self.state = state
        self._period += 1
        self._recent.clear()
        self._failures = self._probing = self._proven = 0
