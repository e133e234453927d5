"""The clock that deadlines and ages are measured by: monotonic, and not stopped by a snapshot.

Lambda's SnapStart ends a process in the middle, and goes on with it minutes or weeks later, as often as it likes. To
the system's monotonic clock no time has passed then. What is kept in memory would seem fresh: secrets, tokens, keys.
"""

import os
import time
from collections.abc import Callable


class SteadyClock:
    """Gives the seconds since some moment, those among them in which the process lay in a snapshot.

    Args:
        monotonic: the system's monotonic clock.
        now: the time of day, in seconds since 1970.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, now: Callable[[], float] = time.time) -> None:
        self._monotonic = monotonic
        self._now = now
        self._skipped = 0.0
        self._noted: float | None = None

    def __call__(self) -> float:
        """Give the seconds, which never go back."""
        return self._monotonic() + self._skipped

    def note(self) -> None:
        """Note what time it is, before a snapshot."""
        self._noted = self._now() - self._monotonic()

    def restored(self) -> None:
        """Skip what has passed since by the time of day, and not by the monotonic clock; never goes back."""
        if self._noted is not None:
            passed, self._noted = self._now() - self._monotonic() - self._noted, None
            self._skipped += max(0.0, passed)


steady: Callable[[], float] = (
    SteadyClock() if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start" else time.monotonic  # noqa: TID251 - a default of parameters, and read dozens of times by each request
)
"""The process's: the system's monotonic clock itself, unless a snapshot is going to be taken."""
