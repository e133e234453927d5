"""The load generator's process."""

import contextlib
import gc
from collections.abc import Iterator
from multiprocessing.connection import Connection as Pipe
from typing import Any, Final

from benchmarks import cores
from benchmarks.load.loops import Closed, Load, Open, Target, closed, open_loop

_SPARE: Final = 60.0
"""Seconds beyond its own length in which a load must be over."""


class Generator:
    """A running load generator."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe

    def run(self, target: Target, wanted: Closed | Open) -> Load:
        """Put a load on a server, and wait for its end.

        Raises:
            TimeoutError: it did not end.
        """
        self._pipe.send((target, wanted))
        long = wanted.seconds + (wanted.warm_up if isinstance(wanted, Closed) else wanted.limit) + _SPARE
        if not self._pipe.poll(long):
            raise TimeoutError("the load generator hangs")
        load: Load = self._pipe.recv()
        return load


@contextlib.contextmanager
def generator() -> Iterator[Generator]:
    """Run the generator in a process of its own, as long as the context lasts."""
    with cores.running(_generate, cores.MEASURING) as pipe:
        yield Generator(pipe)


def _generate(pipe: Pipe) -> None:
    import uvloop

    gc.disable()
    while True:
        target, wanted = pipe.recv()
        pipe.send(uvloop.run((closed if isinstance(wanted, Closed) else open_loop)(target, wanted)))
        gc.collect()
