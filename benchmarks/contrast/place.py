"""What everything is measured with."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from benchmarks import emulator
from benchmarks.contrast.models import Model
from benchmarks.emulator import Bundle, Environment
from benchmarks.load.generator import Generator
from fanin.local.process.processes import Processes


@dataclass(frozen=True)
class Place:
    """Where functions and servers run."""

    bundles: Mapping[str, Bundle]  # the functions as built
    variables: Mapping[str, str]  # their environment on top of the template's, and that of servers
    generator: Generator  # puts loads on servers
    processes: Processes  # what all of it runs under

    def environment(self, model: Model) -> AbstractContextManager[Environment]:
        """Start a new execution environment of a model's function."""
        return emulator.environment(self.bundles[model.function], self.variables, self.processes)
