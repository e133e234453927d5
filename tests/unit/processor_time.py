"""A limit of the process's own processor time, for what would take minutes if it were not linear.

It holds however busy the machine is, and is far from what linear work takes.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

PROCESSOR_TIME = 5.0
"""Seconds of this process. What is held to them takes under one or two."""


@contextmanager
def processor_time() -> Iterator[None]:
    """End what takes more of a processor than `PROCESSOR_TIME`; `re` looks for signals while it works."""

    def end(*_: object) -> None:
        raise AssertionError(f"it takes over {PROCESSOR_TIME} s of a processor")

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, PROCESSOR_TIME)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
