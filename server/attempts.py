"""How often somebody may try to log in: a count for each user name and address, in memory."""

import time
from collections import deque
from threading import Lock

from fanin.engine.outcome import Clock
from fanin.errors import RequestError

MOST = 5
"""Attempts that one user name and address have within `WINDOW`."""
WINDOW = 300.0
"""Seconds for which an attempt counts."""
MAX_KEYS = 10_000
"""Names and addresses that are counted at once; the longest untried are forgotten first."""
_LONGEST = 150
"""Characters of a name that are told apart: Django's names have no more."""


class TooManyAttempts(RequestError):
    """A login is not tried.

    Args:
        seconds: after which the next one is.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(429, "too-many-logins", "Too many logins", "too many logins have failed; try again later")
        self.seconds = seconds


class Attempts:
    """Counts of attempts, in memory: they end with the process, as its sessions do.

    Args:
        clock: gives seconds.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._made: dict[tuple[str, str], deque[float]] = {}

    def begin(self, username: str, address: str) -> None:
        """Count an attempt before its password is looked at, so that attempts at once are not too many either.

        Raises:
            TooManyAttempts: there were `MOST`; this one is not counted.
        """
        key, now = _key(username, address), self._clock()
        with self._lock:
            made = self._made.pop(key, None) or deque(maxlen=MOST)
            while made and made[0] + WINDOW <= now:
                made.popleft()
            self._made[key] = made  # at the end: the first is the longest untried
            if len(made) >= MOST:
                raise TooManyAttempts(made[0] + WINDOW - now)
            made.append(now)
            if len(self._made) > MAX_KEYS:
                del self._made[next(iter(self._made))]

    def succeeded(self, username: str, address: str) -> None:
        """Forget the attempts of someone who knows the password."""
        with self._lock:
            self._made.pop(_key(username, address), None)

    def __len__(self) -> int:
        """Say of how many names and addresses attempts are counted."""
        return len(self._made)


def _key(username: str, address: str) -> tuple[str, str]:
    return username[:_LONGEST], address
