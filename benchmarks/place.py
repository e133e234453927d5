"""Where everything is measured."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks import emulator, linux
from benchmarks.emulator import Bundle
from benchmarks.load import Generator, generator
from benchmarks.upstream import Upstream, upstream
from fanin.local.process.console import Console
from fanin.local.process.processes import Processes


@dataclass(frozen=True)
class Place:
    """What is measured on the first core is asked from the others."""

    bundles: Mapping[str, Bundle]  # the functions as built
    upstream: Upstream  # answers their calls
    load: Generator  # puts loads on servers
    processes: Processes  # what all of it runs under


@contextlib.contextmanager
def prepared(console: Console, processes: Processes) -> Iterator[Place]:
    """Build the functions, start what measures, and keep this program off the measured core."""
    with emulator.built(console, processes) as bundles, upstream() as serving, generator() as load:
        linux.pin(linux.MEASURING)
        yield Place(bundles, serving, load, processes)
