"""Ctrl-C, a plain kill and a closed terminal: one way out for all three, at moments that can bear it."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """The program was told to end.

    Not KeyboardInterrupt: once that has passed through code that was compiled from a string, as imports do at times,
    Python's own exit status is that of a program which died of Ctrl-C, even where it was caught.
    """


class Interrupts:
    """Decides when Interrupted is raised in the main thread. In other threads its methods do nothing."""

    def __init__(self) -> None:
        self._holders = 0
        self._put_off = False

    def raise_on_signals(self) -> None:
        """Let each of the three raise Interrupted.

        What was set to be ignored stays so, except Ctrl-C, which shells have their background jobs ignore.
        """
        for number in _SIGNALS:
            if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._interrupt)

    def end(self) -> None:
        """Ignore what still comes: the program ends, and Python's own end of it would give another exit status."""
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Put it off until what is inside is done, such as starting a process and noting that it runs."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._holders += 1
        try:
            yield
        finally:
            self._holders -= 1
            if self._put_off and not self._holders:
                self._put_off = False
                raise Interrupted

    @contextlib.contextmanager
    def ignored(self) -> Iterator[None]:
        """Let nothing interrupt what is inside: cleaning up, whose time is bounded."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, signal.SIG_IGN) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        if not self._holders:
            raise Interrupted
        self._put_off = True
