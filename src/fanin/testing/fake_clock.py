"""An event loop whose time is made: where nothing is left to do but wait, it jumps to the next timer."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any

_PATIENCE = 5.0
"""Real seconds to wait for a thread, where no timer is set, before the wait is taken to be without end."""


class FakeClockLoop(asyncio.SelectorEventLoop):
    """A loop that starts at second 0 and never sleeps."""

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        """Give the seconds that have passed on this loop's clock."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let time pass at once."""
        self._now += seconds


class _JumpingSelector(selectors.SelectSelector):
    def __init__(self, loop: FakeClockLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if ready := super().select(_PATIENCE if timeout is None else 0):
            return ready
        if timeout is None:
            raise RuntimeError("every task waits for something that no timer brings about")
        self._loop.advance(timeout)
        return []


def run[T](coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a fresh loop with a fake clock, and close the loop."""
    with asyncio.Runner(loop_factory=FakeClockLoop) as runner:
        return runner.run(coroutine)


def now() -> float:
    """Give the running loop's time: the clock to hand to what takes one."""
    return asyncio.get_running_loop().time()
