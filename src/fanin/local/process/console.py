"""What the commands say to the person at the terminal: steps with their time, plain lines, and problems."""

import contextlib
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from typing import Final

from fanin.local.process.following import following

TICK: Final = 1.0
"""Seconds after which the time of a step under way is shown anew."""
_AGAIN: Final = "\r\033[K"
"""Begins the terminal's last line anew."""


def colours() -> bool:
    """Whether to write in colours: in a terminal, or for a program that says so since it is one's (FORCE_COLOR)."""
    return "NO_COLOR" not in os.environ and (bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty())


def columns() -> int:
    """Give how many columns the terminal has; 0 where there is none."""
    return shutil.get_terminal_size((0, 0)).columns


class Problem(Exception):
    """Something the person at the terminal can mend. The message says what is wrong and what to do."""


class Console:
    """Writes whole lines, from any thread; colours, and time that runs, only where a terminal shows them."""

    def __init__(self) -> None:
        self._colours = colours()
        self._terminal = sys.stdout.isatty()
        self._lock = threading.Lock()
        self._running = ""  # what stands in the terminal's last line while a step is under way

    def say(self, text: str = "") -> None:
        """Print `text` as it is."""
        # A closed terminal must not keep the program from ending what it started.
        with self._lock, contextlib.suppress(OSError):
            self._print(f"{text}\n", self._running)

    def warn(self, text: str) -> None:
        """Print `text` so that it is seen among other lines."""
        self.say(self._in_colour("33", text))

    def fail(self, text: str) -> None:
        """Print what ended the program, to the error stream."""
        with self._lock, contextlib.suppress(OSError):
            print(self._in_colour("31", text), file=sys.stderr, flush=True)

    @contextlib.contextmanager
    def step(self, doing: str) -> Iterator[None]:
        """Say what is being done, and when it is done how many seconds it took."""
        began, begun = time.monotonic(), f"  {doing} …"
        if not self._terminal:
            self.say(begun)
            yield
        else:
            self._show(begun)
            try:
                with following(lambda looks: self._tick(begun, began, looks), TICK):
                    yield
            except BaseException:
                self._show("", f"{begun}\n")
                raise
            self._show("")
        self.say(f"  {doing}: {time.monotonic() - began:.1f} s")

    def _tick(self, begun: str, began: float, looks: Iterator[None]) -> None:
        for _ in looks:
            self._show(f"{begun} {time.monotonic() - began:.0f} s")

    def _show(self, running: str, text: str = "") -> None:
        """Print `text`, and have `running` stand in the terminal's last line from here on."""
        with self._lock, contextlib.suppress(OSError):
            self._print(text, running)

    def _print(self, text: str, running: str) -> None:
        again, self._running = _AGAIN if self._running else "", running
        print(f"{again}{text}{running}", end="", file=sys.stdout, flush=True)  # with file, as in served_line.py

    def _in_colour(self, colour: str, text: str) -> str:
        return f"\033[{colour}m{text}\033[0m" if self._colours else text
