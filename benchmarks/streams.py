"""Measure when the first byte of an answer's body comes: `python -m benchmarks.streams [--rounds N]`.

Three sources take 50, 150 and 400 ms. Every case runs in every round: as a stream by Uvicorn, and by fanin's runtime
behind a function URL of this machine; whole by both. Then what 300 ms of work behind an answer cost its client.
"""

import contextlib
import http.client
import sys
import time
from typing import Final

from benchmarks import command, configuration, servers
from benchmarks.configuration import LOOPBACK
from benchmarks.interleaving import sampled
from benchmarks.runtimes import Server
from benchmarks.statistics import Spread, ratio
from benchmarks.tables import Table, factor, spread
from fanin.local.layout import ROOT
from fanin.local.process import ports
from fanin.local.process.processes import Processes
from fanin.local.runtime import door
from fanin.local.upstream.process import Upstream

DELAYS_MS: Final = {
    "open-meteo-geocoding/v1/search?name=Lisbon": 50,
    "countries-dev/alpha/PT": 150,
    "frankfurter/v1/latest?base=EUR&symbols=USD": 400,
}
"""How long each path of the demo upstream takes."""
LIMIT_MS: Final = 65.0
"""Within which the first byte of a stream is to come."""
BEHIND: Final = "/behind/300"
_COMPARED: Final = (
    ("whole, Uvicorn", "stream, Uvicorn"),
    ("whole, the runtime", "stream, the runtime"),
    ("a handler with 300 ms behind it", "a handler"),
)
_LINES, _JSON = "application/x-ndjson", "application/json"


def first_byte(url: str, path: str, accept: str) -> float:
    """Ask, and give the milliseconds until the first byte of the body; the rest is read, too."""
    began = time.perf_counter()
    with contextlib.closing(http.client.HTTPConnection(url.removeprefix("http://"), timeout=30)) as connection:
        connection.request("GET", path, headers={"Accept": accept})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        assert answer.read(1)
        took = (time.perf_counter() - began) * 1000
        answer.read()
    return took


def measured(urls: dict[str, str], rounds: int) -> dict[str, list[float]]:
    """Give the milliseconds of each case, by its name."""
    streaming, whole, served = urls["runtime"], urls["whole"], urls["uvicorn"]
    cases = {
        "stream, Uvicorn": (served, "/e", _LINES),
        "stream, the runtime": (streaming, "/e", _LINES),
        "whole, Uvicorn": (served, "/e", _JSON),
        "whole, the runtime": (whole, "/e", _LINES),
        "a handler": (streaming, "/behind/0", _JSON),
        "a handler with 300 ms behind it": (streaming, BEHIND, _JSON),
    }

    def measure(name: str) -> float:
        value = first_byte(*cases[name])
        first_byte(cases[name][0], "/health", _JSON)  # waits until what goes on behind the answer is over
        return value

    return sampled("first bytes", list(cases), rounds, measure, leaving_out=2)


def main() -> int:
    """Measure, and show; 1 if a stream begins too late."""
    rounds = command.options(__doc__, rounds=20).rounds
    return command.run(lambda _, processes: _compared(rounds, processes), failed=2)


def _compared(rounds: int, processes: Processes) -> int:
    with contextlib.ExitStack() as ends:
        apis = ends.enter_context(Upstream())
        apis.rules({path.partition("/")[0]: {"delay": ms} for path, ms in DELAYS_MS.items()})
        sources = {f"s{ms}": f'url = "{apis.base_url}/{path}"' for path, ms in DELAYS_MS.items()}
        toml = configuration.written(processes.folder, "streams", sources, {"/e": list(sources)})
        own = {"FANIN_CONFIG": str(toml), "FANIN_ALLOW": LOOPBACK}
        own |= {"LAMBDA_TASK_ROOT": str(ROOT), "_HANDLER": "benchmarks.streaming.handler"}
        urls = {"runtime": ends.enter_context(door.serving(Server({**own, "FANIN_STREAM": "url"})))}
        urls["whole"] = ends.enter_context(door.serving(Server(own)))
        uvicorn = servers.uvicorn("streams", "benchmarks.streaming:app", "/health")
        port = ends.enter_context(servers.serving(uvicorn, own, processes)).port
        urls["uvicorn"] = f"http://{ports.LOOPBACK}:{port}"
        took = measured(urls, rounds)
    spreads = {name: Spread.of(samples, 1) for name, samples in took.items()}
    late = [name for name, of in spreads.items() if name.startswith("stream") and of.median > LIMIT_MS]
    rows = [[name, spread(of, 1), "later than it may" if name in late else ""] for name, of in spreads.items()]
    times = [[f"{one}, of: {other}", factor(ratio(took[one], took[other]))] for one, other in _COMPARED]
    head = [f"ms to the first byte of the body, {rounds} rounds", "median (quartiles)", f"may take {LIMIT_MS:.0f}"]
    command.show(Table("streams", "", head, rows), Table("compared", "", ["", "times as long"], times))
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
