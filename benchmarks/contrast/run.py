"""A whole run: what is built, what is started for it, and the measurements in their order."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from benchmarks import configuration, cores, emulator, machine
from benchmarks.configuration import LOOPBACK
from benchmarks.contrast import (
    database_terms,
    deployment,
    lambda_terms,
    probes,
    server_terms,
    waterfalls,
)
from benchmarks.contrast.prices import PRICES
from benchmarks.contrast.settings import Settings
from benchmarks.load.generator import Generator, generator
from benchmarks.load.loops import Closed, Target
from benchmarks.upstream import Upstream, upstream
from fanin.local.layout import CONFIGURATION
from fanin.local.process.console import Console, Problem
from fanin.local.process.processes import Processes
from fanin.local.upstream import app
from fanin.local.upstream.process import Upstream as Demo

SHOWN: Final = "trip"
"""The endpoint of fanin.toml whose calls are drawn."""


def everything(settings: Settings, console: Console, processes: Processes) -> dict[str, Any]:
    """Measure everything; gives the raw data of all parts."""
    raw = _head()
    with emulator.built(console, processes) as bundles, upstream() as serving, generator() as load:
        cores.pin(cores.MEASURING)
        raw["calibration"] = _calibrated(load, serving, settings.server_ms, settings.crowds[-1].seconds)
        calls = [many for many, _ in settings.calls]
        fanin_toml = configuration.write(processes.folder, serving, calls, settings.call_ms)
        place = lambda_terms.Place(bundles, variables(fanin_toml), processes)
        asked = [
            lambda_terms.Asked(str(many), configuration.path_of(many), rounds, many) for many, rounds in settings.calls
        ]
        raw["lambda"] = lambda_terms.measure(place, asked, settings.cold_rounds)
        fanin_toml = configuration.write(processes.folder, serving, (1,), settings.server_ms)
        stock = {"CONTRAST_UPSTREAM": f"http://127.0.0.1:{serving.ports[0]}/delay/{settings.server_ms}"}
        with contextlib.ExitStack() as ends:
            kept = None if settings.anew else ends
            bench = server_terms.Bench(load, variables(fanin_toml) | stock, processes, kept)
            raw["server"] = server_terms.measure(bench, settings.server_ms, settings.crowds, settings.stream)
        raw["probes"] = probes.measure(bundles["GatewayFunction"], settings.probes, load, processes)
        lengths = database_terms.Lengths(settings.call_ms, settings.server_ms)
        raw["databases"] = database_terms.measure(place, bench, lengths, settings.queries)
        with demo_upstream(settings.call_ms) as read_from:
            raw["waterfalls"] = waterfalls.measure(_question(SHOWN, read_from, LOOPBACK))
    return raw | {"load_after": machine.load()}


def endpoint(  # noqa: PLR0913 - what the command line says
    name: str, delay_ms: int, settings: Settings, console: Console, processes: Processes, *, live: bool
) -> dict[str, Any]:
    """Measure one endpoint of fanin.toml on Lambda's terms, with the examples of its parameters and without a cache.

    Each call of the demo upstream takes `delay_ms`; `live` reads from the public APIs instead.

    Raises:
        Problem: there is no such endpoint.
    """
    raw = _head()
    origin = contextlib.nullcontext(dict[str, str]()) if live else demo_upstream(delay_ms)
    with emulator.built(console, processes) as bundles, origin as read_from:
        cores.pin(cores.MEASURING)
        asked_for = _question(name, read_from, "" if live else LOOPBACK)
        place = lambda_terms.Place(bundles, variables(CONFIGURATION) | read_from | {"FANIN_CACHE": "off"}, processes)
        asked = [lambda_terms.Asked(name, asked_for.path, max(rounds for _, rounds in settings.calls))]
        raw["lambda"] = lambda_terms.measure(place, asked, settings.cold_rounds)
        raw["waterfalls"] = waterfalls.measure(asked_for)
    return raw | {"load_after": machine.load()}


def outside(url: str, name: str, settings: Settings) -> dict[str, Any]:
    """Measure the models of a deployment from outside, with an endpoint of this repository's fanin.toml."""
    path = _question(name, {}, "").path
    rounds = max(rounds for _, rounds in settings.calls)
    return _head() | {"deployment": deployment.measure(url.rstrip("/"), path, rounds)}


def _question(name: str, read_from: Mapping[str, str], allow: str) -> waterfalls.Question:
    try:
        return waterfalls.question(CONFIGURATION, name, os.environ | read_from, allow)
    except KeyError as error:
        raise Problem(f"fanin.toml has no endpoint {name} whose parameters all have examples: {error}") from error


def _head() -> dict[str, Any]:
    begun = {"date": machine.today(), "machine": machine.description(), "load_before": machine.load()}
    return begun | {"prices": asdict(PRICES)}


def _calibrated(generator: Generator, reading: Upstream, delay_ms: int, seconds: float) -> dict[str, Any]:
    """Find out whether what measures is fast enough for what it measures.

    The largest load goes to a server that does next to nothing, and to the upstream without a server between.

    Returns:
        answers a second of an upstream without delay, on the measured core, to 200 clients: the generator's ceiling;
        answers a second of the upstream to 1,000 clients, which no server in front of it can exceed, and the median
        that it took.
    """
    with upstream(cores.MEASURED) as trivial:
        ceiling = generator.run(Closed(Target(trivial.ports[0], "/delay/0"), 200, seconds / 4, seconds))
    target = Target(reading.ports[0], f"/delay/{delay_ms}")
    direct = generator.run(Closed(target, 1000, 2 * delay_ms / 1000, seconds))
    alone = generator.run(Closed(target, 1, delay_ms / 1000, max(seconds, 3 * delay_ms / 1000)))
    return {
        "generator_rps": round(len(ceiling.latencies_ms) / ceiling.seconds),
        "upstream_rps": round(len(direct.latencies_ms) / direct.seconds),
        "upstream_ideal_rps": round(1000 / (delay_ms / 1000)),
        "upstream_ms": sorted(alone.latencies_ms)[len(alone.latencies_ms) // 2],
    }


@contextlib.contextmanager
def demo_upstream(delay_ms: int) -> Iterator[dict[str, str]]:
    """Run a demo upstream each of whose answers takes so long; gives the environment that points sources at it."""
    with Demo() as demo:
        cores.pin(cores.MEASURING, demo.process.pid)
        if delay_ms:
            demo.rules({"*": {"delay": delay_ms}})
        yield app.variables(demo.base_url)


def variables(fanin_toml: Path) -> dict[str, str]:
    """Give the environment in which a function serves a configuration whose sources are on this machine."""
    return {
        "FANIN_CONFIG": str(fanin_toml),
        "FANIN_ALLOW": LOOPBACK,
        "FANIN_CACHE": "off",
        "FANIN_THREADS": "on",
    }
