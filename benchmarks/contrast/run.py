"""A whole run: what is built, what is started for it, and the measurements in their order."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from benchmarks import configuration, cores, emulator, machine
from benchmarks.configuration import LOOPBACK, variables
from benchmarks.contrast import database_terms, deployment, lambda_terms, probes, server_terms, waterfalls
from benchmarks.contrast.lambda_terms import Asked
from benchmarks.contrast.place import Place
from benchmarks.contrast.settings import CALL_MS, SERVER_MS, Settings
from benchmarks.load.generator import Generator, generator
from benchmarks.load.loops import Closed, Target
from benchmarks.upstream import Upstream, upstream
from fanin.local.layout import CONFIGURATION
from fanin.local.process.console import Console
from fanin.local.process.processes import Processes
from fanin.local.upstream import app
from fanin.local.upstream.process import Upstream as Demo

SHOWN: Final = "trip"
"""The endpoint of fanin.toml whose calls are drawn."""


def everything(settings: Settings, console: Console, processes: Processes) -> dict[str, Any]:
    """Measure everything; gives the raw data of all parts."""
    raw = machine.head()
    folder, calls = processes.folder, [many for many, _ in settings.calls]
    with emulator.built(console, processes) as bundles, upstream() as serving, generator() as load:
        cores.pin(cores.MEASURING)
        raw["calibration"] = _calibrated(load, serving, settings.crowds[-1][0].seconds)
        functions = Place(bundles, variables(configuration.write(folder, serving, calls, CALL_MS)), load, processes)
        asked = tuple((Asked(str(many), configuration.path_of(many), many), rounds) for many, rounds in settings.calls)
        raw["lambda"] = lambda_terms.measure(functions, asked, settings.cold_rounds)
        stock = {"CONTRAST_UPSTREAM": configuration.url_of(serving, 0, SERVER_MS)}
        own = variables(configuration.write(folder, serving, (1,), SERVER_MS)) | stock
        servers, entered = replace(functions, variables=own), server_terms.contestants()
        raw["server"] = server_terms.closed(servers, entered, settings.crowds)
        few = [one for one in entered if not one.only and (not settings.few or one.name in settings.few)]
        raw["server"] |= server_terms.arriving(servers, few, settings.arrivals)
        raw["probes"] = probes.measure(functions, settings)
        raw["databases"] = database_terms.measure(functions, settings)
        with demo_upstream(CALL_MS) as read_from:
            raw["waterfalls"] = waterfalls.measure(waterfalls.question(SHOWN, read_from, LOOPBACK))
    return raw | {"load_after": machine.load()}


def endpoint(  # noqa: PLR0913 - what the command line says
    name: str, delay_ms: int, settings: Settings, console: Console, processes: Processes, *, live: bool
) -> dict[str, Any]:
    """Measure one endpoint of fanin.toml on Lambda's terms, with the examples of its parameters and without a cache.

    Each call of the demo upstream takes `delay_ms`; `live` reads from the public APIs instead.

    Raises:
        Problem: there is no such endpoint.
    """
    raw = machine.head()
    origin = contextlib.nullcontext(dict[str, str]()) if live else demo_upstream(delay_ms)
    with emulator.built(console, processes) as bundles, origin as read_from, generator() as load:
        cores.pin(cores.MEASURING)
        question = waterfalls.question(name, read_from, "" if live else LOOPBACK)
        place = Place(bundles, variables(CONFIGURATION) | read_from, load, processes)
        asked = ((Asked(name, question.path), max(rounds for _, rounds in settings.calls)),)
        raw["lambda"] = lambda_terms.measure(place, asked, settings.cold_rounds)
        raw["waterfalls"] = waterfalls.measure(question)
    return raw | {"load_after": machine.load()}


def outside(url: str, name: str, settings: Settings) -> dict[str, Any]:
    """Measure the models of a deployment from outside, with an endpoint of this repository's fanin.toml."""
    path, rounds = waterfalls.question(name, {}, "").path, max(rounds for _, rounds in settings.calls)
    return machine.head() | {"deployment": deployment.measure(url.rstrip("/"), path, rounds)}


def _calibrated(generator: Generator, reading: Upstream, seconds: float) -> dict[str, Any]:
    """Find out whether what measures is fast enough for what it measures.

    The largest load goes to a server that does next to nothing, and to the upstream without a server between.

    Returns:
        answers a second of an upstream without delay, on the measured core, to 200 clients: the generator's ceiling;
        answers a second of the upstream to 1,000 clients, which no server in front of it can exceed, and the median
        that it took.
    """
    with upstream(cores.MEASURED) as trivial:
        ceiling = generator.run(Target(trivial[0], "/delay/0"), Closed(200, seconds / 4, seconds))
    target, delay = Target(reading[0], f"/delay/{SERVER_MS}"), SERVER_MS / 1000
    direct = generator.run(target, Closed(1000, 2 * delay, seconds))
    alone = generator.run(target, Closed(1, delay, max(seconds, 3 * delay)))
    return {
        "generator_rps": round(len(ceiling.latencies_ms) / ceiling.seconds),
        "upstream_rps": round(len(direct.latencies_ms) / direct.seconds),
        "upstream_ideal_rps": round(1000 / delay),
        "upstream_ms": sorted(alone.latencies_ms)[len(alone.latencies_ms) // 2],
    }


@contextlib.contextmanager
def demo_upstream(delay_ms: int) -> Iterator[dict[str, str]]:
    """Run a demo upstream each of whose answers takes so long; gives the environment that points sources at it."""
    with Demo() as demo:
        cores.pin(cores.MEASURING, demo.process.pid)
        if delay_ms:  # a rule without a delay is refused
            demo.rules({"*": {"delay": delay_ms}})
        yield app.variables(demo.base_url)
