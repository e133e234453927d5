"""Who used the processor while many invocations were under way in one process."""

from collections.abc import Iterator
from contextlib import contextmanager

from fanin.engine.outcome import Clock


class Shares:
    """A clock of the seconds that each invocation under way has used a processor for.

    The system counts for the process only. So what it used is shared out equally among those that are under way.

    Args:
        processor: gives the seconds for which this process has used a processor.
    """

    def __init__(self, processor: Clock) -> None:
        self._processor = processor
        self._counted = processor()
        self._each = 0.0
        self._under_way = 0

    def __call__(self) -> float:
        """Give the seconds that one would have used that had been under way from the beginning."""
        now = self._processor()
        if self._under_way:
            self._each += (now - self._counted) / self._under_way
        self._counted = now
        return self._each

    @contextmanager
    def one(self) -> Iterator[None]:
        """Have one more under way as long as the context lasts."""
        self()
        self._under_way += 1
        try:
            yield
        finally:
            self()
            self._under_way -= 1
