"""What the commands say to the person at the terminal: steps with their time, plain lines, and problems."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator


class Problem(Exception):
    """Something the person at the terminal can mend. The message says what is wrong and what to do."""


def colours() -> bool:
    """Whether to draw in colours: in a terminal, or for a program that says so since it is one's (FORCE_COLOR)."""
    return "NO_COLOR" not in os.environ and (bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty())


class Console:
    """Writes whole lines, from any thread; colours only where a terminal shows them."""

    def __init__(self) -> None:
        self._colours = sys.stdout.isatty()
        self._lock = threading.Lock()

    def say(self, text: str = "") -> None:
        """Print `text` as it is."""
        # A closed terminal must not keep the program from ending what it started.
        with self._lock, contextlib.suppress(OSError):
            print(text, file=sys.stdout, flush=True)  # as in served_line.py

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
        began = time.monotonic()
        self.say(f"  {doing} …")
        yield
        self.say(f"  {doing}: {time.monotonic() - began:.1f} s")

    def _in_colour(self, colour: str, text: str) -> str:
        return f"\033[{colour}m{text}\033[0m" if self._colours else text
