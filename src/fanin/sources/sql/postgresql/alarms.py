"""Moments at which something has to happen, whatever the threads do that it is about."""

import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from threading import Condition, Event, Thread

from fanin.engine.outcome import Clock

type Action = Callable[[], None]

_LONGEST = 1.0
"""Seconds that the end of a block waits for an action, should it hang."""
_IDLE = 10.0
"""Seconds without an alarm after which the thread ends; the next one starts another."""


class Alarms:
    """One thread that waits for all of them, while there are any.

    Args:
        clock: the clock of the moments.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed = Condition()
        self._waiting: list[tuple[float, int]] = []
        self._actions: dict[int, Action] = {}
        self._under_way: dict[int, Event] = {}
        self._numbers = count()
        self._thread: Thread | None = None

    @contextmanager
    def at(self, moment: float, action: Action) -> Iterator[None]:
        """Have something done at a moment, unless the block has ended by then.

        What has begun is over when the block ends: the next who has what it is about shall not meet it.

        Args:
            moment: in the clock's seconds.
            action: what is done, in a thread of its own, since it may take its time.
        """
        number = self._set(moment, action)
        try:
            yield
        finally:
            with self._changed:
                self._actions.pop(number, None)
                ended = self._under_way.pop(number, None)
            if ended:
                ended.wait(_LONGEST)

    def close(self) -> None:
        """End the thread; nothing is done any more."""
        with self._changed:
            self._actions.clear()
            self._waiting.clear()
            thread, self._thread = self._thread, None
            self._changed.notify()
        if thread:
            thread.join()

    def _set(self, moment: float, action: Action) -> int:
        number = next(self._numbers)
        with self._changed:
            self._actions[number] = action
            heapq.heappush(self._waiting, (moment, number))
            if self._thread is None:
                self._thread = Thread(target=self._run, name="alarms", daemon=True)
                self._thread.start()
            elif self._waiting[0][1] == number:
                self._changed.notify()
        return number

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._thread is None:
                    return
                while self._waiting and self._waiting[0][1] not in self._actions:
                    heapq.heappop(self._waiting)
                if not self._waiting:
                    if not self._changed.wait(_IDLE) and not self._waiting:
                        self._thread = None
                        return
                    continue
                moment, number = self._waiting[0]
                if (left := moment - self._clock()) > 0:
                    self._changed.wait(left)
                    continue
                heapq.heappop(self._waiting)
                action = self._actions.pop(number)
                ended = self._under_way[number] = Event()
            Thread(target=_do, args=(action, ended), name="alarm", daemon=True).start()


def _do(action: Action, ended: Event) -> None:
    try:
        action()
    finally:
        ended.set()
