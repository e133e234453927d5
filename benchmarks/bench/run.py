"""A whole run: every figure of every contestant, in rounds in which all take their turn."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks import configuration, contestants, emulator, linux, machine, servers
from benchmarks.bench.figures import FAN_OUTS
from benchmarks.configuration import path_of, url_of
from benchmarks.contestants import NODE, PACKAGES, PEERS, Case, Contestant
from benchmarks.interleaving import sampled
from benchmarks.load import Closed
from benchmarks.place import Place, prepared
from fanin.local.process.console import Console
from fanin.local.process.processes import Processes
from fanin.local.runtime import door

CALL_MS, SERVER_MS, CLIENTS = 100, 200, 1000
"""How long an upstream takes for a handler, and for a server; how many clients a server has."""

type Samples = dict[str, dict[str, list[float]]]
"""By figure, then by contestant, in the figure's unit."""


def everything(console: Console, processes: Processes, *, quick: bool) -> dict[str, Any]:
    """Measure everything, or quickly that it works; gives the raw data, with the samples in `figures`."""
    with prepared(console, processes) as place:
        began = time.monotonic()
        if quick:
            figures = _handlers(place, rounds=1, calls=200, wide=1) | _cold(place, rounds=2)
            figures |= _workers(place, rounds=1, seconds=5) | _runtimes(place, rounds=1, calls=100)
        else:
            figures = _handlers(place, rounds=5, calls=1000, wide=3) | _cold(place, rounds=11)
            figures |= _workers(place, rounds=3, seconds=8) | _runtimes(place, rounds=5, calls=500)
        minutes = round((time.monotonic() - began) / 60, 1)
    commit = machine.version("git", "describe", "--always", "--dirty")
    return {"figures": figures, "minutes": minutes, "commit": commit, "node": machine.version(NODE)}


def _handlers(place: Place, rounds: int, calls: int, wide: int) -> Samples:
    """Fan-out in ms, of so many wide calls, and warm and kept answers in µs of CPU."""
    folder = place.processes.folder
    toml = configuration.write(folder, place.upstream, FAN_OUTS, CALL_MS, kept=True)
    entered = {"fanin": contestants.fanin(place.bundles["GatewayFunction"], toml)}
    entered |= contestants.peers(folder, place.upstream, max(FAN_OUTS), CALL_MS)
    cases: dict[str, Case] = {"warm": ("/health", calls, "cpu"), "kept": ("/kept", calls, "cpu")}
    cases |= {f"fan-out-{width}": (path_of(width), wide, "time") for width in FAN_OUTS}
    asked = {name: rounds for name in entered if name not in ("framework", "naive")}

    def measure(name: str) -> dict[str, float]:
        _, *took = entered[name].probed([(path_of(10), 1, "cpu"), *cases.values()])
        units = [1e6 if kind == "cpu" else 1e3 for _, _, kind in cases.values()]
        return {figure: seconds * unit for figure, seconds, unit in zip(cases, took, units, strict=True)}

    return _by_figure(sampled("handlers: fan-out, warm and kept answers", asked, measure))


def _cold(place: Place, rounds: int) -> Samples:
    """The import of a handler and its first answer, in ms of CPU."""
    folder = place.processes.folder / "cold"
    folder.mkdir()
    toml = configuration.write(folder, place.upstream, (1,), 0)
    entered = {"fanin": contestants.fanin(place.bundles["GatewayFunction"], toml)}
    entered |= contestants.peers(folder, place.upstream, 1, 0)
    entered.pop("tuned")  # imports what the careless one does

    def measure(name: str) -> float:
        return entered[name].probed([(path_of(1), 1, "cpu")])[0] * 1e3

    return {"cold": sampled("cold starts", dict.fromkeys(entered, rounds), measure, leaving_out=1)}


def _workers(place: Place, rounds: int, seconds: int) -> Samples:
    """Answers a second of one worker to all clients at once, once they are connected."""
    path = path_of(1)
    variables = configuration.of_servers(place.processes.folder, place.upstream, SERVER_MS)
    entered = [servers.Server("fanin", "app:app", path), servers.Server("by_hand", "fastapi_aiohttp:app", path)]
    if NODE:
        entered.append(servers.Server("node", str(PEERS / "node_server.mjs"), path))
    named = {one.name: one for one in entered}

    def measure(name: str) -> float:
        with servers.serving(named[name], variables, place.processes) as running:
            done = place.load(running.port, path, Closed(CLIENTS, 3.0, seconds))
        return done.statuses.get(200, 0) / seconds

    return {"worker": sampled("one worker", dict.fromkeys(named, rounds), measure)}


@dataclass
class _Runtime:
    """A process that asks the Runtime API for events."""

    variables: Mapping[str, str]
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None

    def begin(self, runtime_api: str) -> None:
        given = {**self.variables, **_LAMBDA, "AWS_LAMBDA_RUNTIME_API": runtime_api}
        self.process = self.process or subprocess.Popen(self.command, env=given, stdout=subprocess.DEVNULL)
        linux.pin(linux.MEASURED, self.process.pid)

    def end(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


def _runtimes(place: Place, rounds: int, calls: int) -> Samples:
    """Warm and kept answers in µs of CPU of the whole process, by fanin's runtime and by AWS's with Mangum."""
    toml = configuration.write(place.processes.folder, place.upstream, (1,), CALL_MS, kept=True)
    own = contestants.fanin(place.bundles["GatewayFunction"], toml).environment | {"_HANDLER": "app.handler"}
    urls = {"PEER_URLS": url_of(place.upstream, 0, CALL_MS), "LAMBDA_TASK_ROOT": str(PEERS)}
    peer = Contestant("careless", "", f"{PEERS}:{PACKAGES}", urls).environment
    entered = {
        "fanin": _Runtime(own, emulator.OWN_RUNTIME),
        "careless": _Runtime(peer, (*emulator.AWSS_RUNTIME, "careless.handler")),
        "mangum": _Runtime(own, (*emulator.AWSS_RUNTIME, "app.handler")),
    }
    paths = {"runtime-warm": "/health", "runtime-kept": "/kept"}

    def measure(name: str) -> dict[str, float]:
        with door.serving(entered[name]) as url:
            return {figure: _cpu(entered[name], url, path, calls) for figure, path in paths.items()}

    return _by_figure(sampled("runtimes", dict.fromkeys(entered, rounds), measure))


def _cpu(runtime: _Runtime, url: str, path: str, calls: int) -> float:
    """Give the µs of CPU that the process spends on a call; some calls before do not count."""

    def ask(times: int) -> float:
        for _ in range(times):
            servers.timed(int(url.rpartition(":")[2]), path)
        assert runtime.process, "it has answered"
        return linux.cpu_seconds(runtime.process.pid)

    before = ask(20)
    return (ask(calls) - before) / calls * 1e6


def _by_figure(found: Mapping[str, Sequence[Mapping[str, float]]]) -> Samples:
    """Put samples that each have several figures under these."""
    figures = {figure: None for samples in found.values() for one in samples for figure in one}
    return {figure: {name: [one[figure] for one in of] for name, of in found.items()} for figure in figures}


_LAMBDA: Final = {
    "AWS_LAMBDA_FUNCTION_NAME": "function",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "AWS_LAMBDA_FUNCTION_TIMEOUT": "30",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
}
