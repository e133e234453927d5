"""What everything is measured with."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.emulator import Bundle
from benchmarks.load.generator import Generator
from fanin.local.process.processes import Processes


@dataclass(frozen=True)
class Place:
    """Where functions and servers run."""

    bundles: Mapping[str, Bundle]  # the functions as built
    variables: Mapping[str, str]  # their environment on top of the template's, and that of servers
    generator: Generator  # puts loads on servers
    processes: Processes  # what all of it runs under
