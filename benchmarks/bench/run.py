"""A whole run: every figure of every contestant, in rounds in which all take their turn."""

import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks import configuration, contestants, cores, emulator, machine, servers, spent
from benchmarks.bench.figures import FAN_OUTS
from benchmarks.configuration import path_of, url_of
from benchmarks.contestants import NODE, PACKAGES, PEERS, Case
from benchmarks.emulator import Bundle
from benchmarks.interleaving import sampled
from benchmarks.load.generator import Generator, generator
from benchmarks.load.loops import Closed, Target
from benchmarks.runtimes import OWN, Server
from benchmarks.upstream import Upstream, upstream
from fanin.local.layout import ROOT
from fanin.local.process.console import Console, Problem
from fanin.local.process.processes import Processes
from fanin.local.runtime import door

CALL_MS, SERVER_MS, CLIENTS = 100, 200, 1000
"""How long an upstream takes for a handler, and for a server; how many clients a server has."""


@dataclass(frozen=True)
class Settings:
    """How much is measured."""

    rounds: int  # of the handlers, and of the runtimes
    cold_rounds: int  # new processes of each
    calls: int  # of which CPU is measured
    wide: int  # calls with 10 sources and more
    worker_rounds: int  # of the servers
    seconds: int  # of the load on each server


FULL: Final = Settings(rounds=5, cold_rounds=11, calls=1000, wide=3, worker_rounds=3, seconds=8)
QUICK: Final = Settings(rounds=1, cold_rounds=2, calls=200, wide=1, worker_rounds=1, seconds=5)


@dataclass(frozen=True)
class Place:
    """Where all is measured."""

    bundle: Bundle  # fanin's gateway as it was built
    upstream: Upstream
    processes: Processes
    settings: Settings


def everything(settings: Settings, console: Console, processes: Processes) -> dict[str, Any]:
    """Measure everything.

    Returns:
        the raw data: `figures` has the samples by figure, then by contestant, in the figure's unit.
    """
    raw = machine.head() | {"commit": machine.version("git", "describe", "--always", "--dirty")}
    raw |= {"node": machine.version(NODE), "generator": shutil.which("wrk") and "wrk"}
    with emulator.built(console, processes) as bundles, upstream() as serving, generator() as load:
        began = time.monotonic()
        cores.pin(cores.MEASURING)
        place = Place(bundles["GatewayFunction"], serving, processes, settings)
        raw["figures"] = _handlers(place) | _cold(place) | _workers(place, load) | _runtimes(place)
        raw["minutes"] = round((time.monotonic() - began) / 60, 1)
    return raw | {"load_after": machine.load()}


def _handlers(place: Place) -> dict[str, dict[str, list[float]]]:
    """Fan-out in ms, and warm and kept answers in µs of CPU."""
    most, settings = max(FAN_OUTS), place.settings
    toml = configuration.write(place.processes.folder, place.upstream, FAN_OUTS, CALL_MS, kept=True)
    entered = {"fanin": contestants.fanin(place.bundle, toml)}
    entered |= contestants.peers(place.processes.folder, place.upstream, most, CALL_MS)
    calls = settings.calls
    cases: dict[str, Case] = {"warm": ("/health", calls, "cpu"), "kept": ("/kept", calls, "cpu")}
    cases |= {f"fan-out-{width}": (path_of(width), settings.wide, "time") for width in FAN_OUTS}
    asked = [name for name in entered if name not in ("framework", "naive")]

    def measure(name: str) -> dict[str, float]:
        _, *took = entered[name].probed([(path_of(10), 1, "cpu"), *cases.values()])
        units = [1e6 if kind == "cpu" else 1e3 for _, _, kind in cases.values()]
        return {figure: seconds * unit for figure, seconds, unit in zip(cases, took, units, strict=True)}

    return _by_figure(sampled("handlers: fan-out, warm and kept answers", asked, settings.rounds, measure))


def _cold(place: Place) -> dict[str, dict[str, list[float]]]:
    """The import of a handler and its first answer, in ms of CPU."""
    folder = place.processes.folder / "cold"
    folder.mkdir()
    toml = configuration.write(folder, place.upstream, (1,), 0)
    entered = {"fanin": contestants.fanin(place.bundle, toml)} | contestants.peers(folder, place.upstream, 1, 0)
    entered.pop("tuned")  # imports what the careless one does

    def measure(name: str) -> float:
        return entered[name].probed([(path_of(1), 1, "cpu")])[0] * 1e3

    return {"cold": sampled("cold starts", list(entered), place.settings.cold_rounds, measure, leaving_out=1)}


def _workers(place: Place, load: Generator) -> dict[str, dict[str, list[float]]]:
    """Answers a second of one worker."""
    path, settings = path_of(1), place.settings
    toml = configuration.write(place.processes.folder, place.upstream, (1,), SERVER_MS)
    variables = configuration.variables(toml) | {"PEER_URLS": url_of(place.upstream, 0, SERVER_MS)}
    entered = {
        "fanin": servers.uvicorn("fanin", "app:app", path, [ROOT / "functions/gateway"]),
        "by_hand": servers.uvicorn("by-hand", "fastapi_aiohttp:app", path, [PEERS]),
    }
    if NODE:
        entered["node"] = servers.Server("node", (NODE, str(PEERS / "node_server.mjs"), "{port}"), path)

    def measure(name: str) -> float:
        with servers.serving(entered[name], variables, place.processes) as running:
            return _answers(running.port, path, settings.seconds, load)

    return {"worker": sampled("one worker", list(entered), settings.worker_rounds, measure)}


def _answers(port: int, path: str, seconds: int, load: Generator) -> float:
    """Give the answers a second to all clients at once, once they are connected."""
    if not (wrk := shutil.which("wrk")):
        done = load.run(Target(port, path), Closed(CLIENTS, 2.0, seconds))
        return done.statuses.get(200, 0) / seconds
    command = [wrk, "-t1", f"-c{CLIENTS}", "--timeout", "20s", f"http://127.0.0.1:{port}{path}"]
    _, said = (
        subprocess.run([*command, f"-d{length}s"], capture_output=True, text=True, check=True).stdout
        for length in (3, seconds)
    )
    return answers_of(said)


def answers_of(said: str) -> float:
    """Read what wrk said: answers a second.

    Raises:
        Problem: some were no answers.
    """
    found = re.search(r"Requests/sec: +([\d.]+)", said)
    if found is None or "Non-2xx" in said:
        raise Problem(f"wrk got no answers, or not only good ones:\n\n{said}")
    return float(found[1])


def _runtimes(place: Place) -> dict[str, dict[str, list[float]]]:
    """Warm and kept answers in µs of CPU of the whole process, by fanin's runtime and by AWS's with Mangum."""
    python, settings = str(emulator.INTERPRETER), place.settings
    toml = configuration.write(place.processes.folder, place.upstream, (1,), CALL_MS, kept=True)
    own = contestants.fanin(place.bundle, toml).environment | {"_HANDLER": "app.handler"}
    peer = contestants.Contestant("careless", "", f"{PEERS}:{PACKAGES}").environment
    peer |= {"PEER_URLS": url_of(place.upstream, 0, CALL_MS), "_HANDLER": "careless.handler"}
    peer |= {"LAMBDA_TASK_ROOT": str(PEERS)}
    entered = {"fanin": (own, (OWN[0], python, OWN[2])), "careless": (peer, (python, "-m", "awslambdaric"))}
    entered["mangum"] = (own, entered["careless"][1])

    def measure(name: str) -> dict[str, float]:
        variables, command = entered[name]
        handler = () if command[0] == OWN[0] else (variables["_HANDLER"],)
        server = Server(variables | _LAMBDA, (*command, *handler))
        paths = {"runtime-warm": "/health", "runtime-kept": "/kept"}
        with door.serving(server) as url:
            return {figure: _cpu(server, url, path, settings.calls // 2) for figure, path in paths.items()}

    return _by_figure(sampled("runtimes", list(entered), settings.rounds, measure))


def _by_figure(found: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, dict[str, list[float]]]:
    """Put samples that each have several figures under these."""
    figures = {figure: None for samples in found.values() for one in samples for figure in one}
    return {figure: {name: [one[figure] for one in of] for name, of in found.items()} for figure in figures}


def _cpu(server: Server, url: str, path: str, calls: int) -> float:
    """Give the µs of CPU that the process spends on a call; some calls before do not count."""

    def ask(times: int) -> float:
        for _ in range(times):
            servers.timed(int(url.rpartition(":")[2]), path)
        assert server.process, "it has answered"
        cores.pin(cores.MEASURED, server.process.pid)
        return spent.cpu_seconds(server.process.pid)

    before = ask(20)
    return (ask(calls) - before) / calls * 1e6


_LAMBDA: Final = {
    "AWS_LAMBDA_FUNCTION_NAME": "function",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "AWS_LAMBDA_FUNCTION_TIMEOUT": "30",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
}
