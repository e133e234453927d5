"""A breaker around a store that one can do without: after a failure, it is not asked for a while."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from fanin.engine.outcome import Clock
from fanin.stores.errors import StoreError, StoreUnavailable

CLOSED_FOR = 10.0
"""Seconds after a failure in which the store is not asked; then one call tries, and the others do without."""

logger = logging.getLogger("fanin")


class Breaker:
    """One for all that a function asks of a kind of store: a failure costs its time once, and the next calls nothing.

    Args:
        name: of the store, for the log.
        clock: gives seconds.
        closed_for: seconds after a failure in which there are no calls.
    """

    def __init__(self, name: str, clock: Clock, *, closed_for: float = CLOSED_FOR) -> None:
        self._name = name
        self._clock = clock
        self._closed_for = closed_for
        self._failed_at: float | None = None
        self._trying = False
        self.met = False
        """Whether the store has answered before."""

    async def around[Answer](self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """Make a call, unless one failed a moment ago or another tries whether the store is back.

        Raises:
            StoreUnavailable: as the call does; or it was not made.
            StoreError: as the call does: that is an answer.
        """
        with self.guard():
            return await call()

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Let what is inside ask the store; raises as `around` does. In threads, several may try at once."""
        trying = self._failed_at is not None
        if self._failed_at is not None and (self._trying or self._clock() < self._failed_at + self._closed_for):
            raise StoreUnavailable(f"{self._name} failed a moment ago")
        self._trying = trying
        try:
            yield
        except StoreUnavailable as error:
            self._failed_at = self._clock()
            logger.warning("going on without a store", extra={"store": self._name, "reason": str(error)})
            raise
        except StoreError:
            self._answered()
            raise
        finally:
            self._trying = False if trying else self._trying
        self._answered()

    def _answered(self) -> None:
        self._failed_at, self.met = None, True
