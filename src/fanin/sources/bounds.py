"""What bounds the call that the current thread makes."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from fanin.engine.outcome import Clock


@dataclass(frozen=True, slots=True)
class Bounds:
    """A call's time.

    Args:
        ends: when its time is over, in the clock's seconds.
        patience: seconds of silence after which a call on a kept connection is made on a new one as well.
        clock: the clock.
        repeatable: whether its requests may be made twice; None where their methods tell.
    """

    ends: float
    patience: float
    clock: Clock
    repeatable: bool | None = None

    def left(self) -> float:
        """Give the seconds left.

        Raises:
            TimeoutError: none are.
        """
        if (left := self.ends - self.clock()) <= 0:
            raise TimeoutError
        return left


_bounds: ContextVar[Bounds] = ContextVar("bounds")


@contextmanager
def bounded(bounds: Bounds) -> Iterator[None]:
    """Bound what the current thread does inside."""
    token = _bounds.set(bounds)
    try:
        yield
    finally:
        _bounds.reset(token)


def bounds() -> Bounds:
    """Give the bounds of the current thread's call."""
    return _bounds.get()
