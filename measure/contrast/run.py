"""A whole run: what is built, what is started for it, and the measurements in their order."""

import contextlib
from collections.abc import Iterator
from typing import Any

from dev import build, environments
from dev.console import Console
from dev.processes import Processes
from dev.stack import check
from measure import emulator, machine
from measure.contrast import calibration, configuration, lambda_terms, server_terms
from measure.contrast.prices import PRICES
from measure.contrast.settings import Settings
from measure.emulator import Bundle
from measure.load.generator import generator
from measure.progress import Progress
from measure.upstream import upstream


def measure(settings: Settings, console: Console, processes: Processes) -> dict[str, Any]:
    """Measure everything.

    Returns:
        the raw data of all parts.
    """
    progress = Progress()
    raw: dict[str, Any] = {
        "date": machine.today(),
        "machine": machine.description(),
        "load_before": machine.load(),
        "prices": PRICES["arm64"].plain,
    }
    with built(console, processes) as bundles, upstream() as serving, generator() as load:
        raw["calibration"] = calibration.measure(load, serving, settings.server_ms, settings.crowds[-1].seconds)
        calls = [many for many, _ in settings.calls]
        fanin_toml = configuration.write(processes.folder, serving, calls, settings.call_ms)
        place = lambda_terms.Place(bundles, variables(str(fanin_toml)), processes)
        asked = [
            lambda_terms.Asked(str(many), configuration.path_of(many, settings.call_ms), rounds, many)
            for many, rounds in settings.calls
        ]
        raw["lambda"] = lambda_terms.measure(place, asked, settings.cold_rounds, progress)
        fanin_toml = configuration.write(processes.folder, serving, (1,), settings.server_ms)
        bench = server_terms.Bench(
            load,
            variables(str(fanin_toml)) | server_terms.variables(serving, settings.server_ms),
            processes,
        )
        raw["server"] = server_terms.measure(bench, settings.server_ms, settings.crowds, settings.stream, progress)
    return raw | {"load_after": machine.load()}


@contextlib.contextmanager
def built(console: Console, processes: Processes) -> Iterator[dict[str, Bundle]]:
    """Build the functions for this machine unless they are, and keep others from building meanwhile."""
    environment = environments.read(environments.LOCAL)
    with build.locked(environment, console):
        if not build.is_fresh(environment):
            with console.step("building the functions and layers (sam build)"):
                build.build(environment, processes)
                check(environment)
        yield emulator.bundles(build.output(environment))


def variables(fanin_toml: str) -> dict[str, str]:
    """Give the environment in which a function serves a configuration whose sources are on this machine."""
    return {"FANIN_CONFIG": fanin_toml, "FANIN_ALLOW": "127.0.0.0/8:*"}
