"""`make lesson`: put clients on one listing of docs/lesson.md, and say what they got.

The listing runs in one worker on one core and calls an API that takes 200 ms; `fanin` is the same endpoint by fanin.
"""

import contextlib
import statistics
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Final

from benchmarks import command, configuration, cores, servers
from benchmarks.contrast.run import variables
from benchmarks.contrast.server_terms import APPS, THREADS
from benchmarks.load.generator import generator
from benchmarks.load.loops import Closed, Load, Target
from benchmarks.servers import Server
from benchmarks.upstream import upstream
from fanin.local.layout import ROOT
from fanin.local.process.console import Console, Problem
from fanin.local.process.processes import Processes

DELAY_MS: Final = 200
_DJANGO: Final = f"{APPS}.stock_django:application"
_FASTAPI: Final = f"{APPS}.stock:app"
TAKES: Final[Mapping[str, Server]] = {
    "django": servers.gunicorn("django", _DJANGO, "/", 1),
    "django-threads": servers.gunicorn("django-threads", _DJANGO, "/", THREADS),
    "fastapi": servers.uvicorn("fastapi", _FASTAPI, "/shared"),
    "fastapi-new": servers.uvicorn("fastapi-new", _FASTAPI, "/new"),
    "fastapi-requests": servers.uvicorn("fastapi-requests", _FASTAPI, "/blocking"),
    "fanin": servers.uvicorn("fanin", "app:app", configuration.path_of(1), [ROOT / "functions/gateway"]),
}
"""The listings, by what `make lesson TAKE=` calls them."""


def main() -> int:
    """Measure one listing with so many clients; 0 if it could."""
    given = command.options(__doc__, "take", "clients", seconds=5.0)

    def work(console: Console, processes: Processes) -> int:
        if given.take not in TAKES:
            raise Problem(f"There is no listing {given.take}: TAKE is one of {', '.join(TAKES)}")
        clients = int(given.clients)
        console.say(told(given.take, clients, measure(TAKES[given.take], clients, given.seconds, processes)))
        return 0

    return command.run(work)


def measure(server: Server, clients: int, seconds: float, processes: Processes) -> Load:
    """Put clients on a server that is started for it, after a warm-up of the same length."""
    with upstream() as serving, generator() as load, contextlib.ExitStack() as ends:
        cores.pin(cores.MEASURING)
        fanin_toml = configuration.write(processes.folder, serving, (1,), DELAY_MS)
        own = variables(fanin_toml) | {"CONTRAST_UPSTREAM": f"http://127.0.0.1:{serving.ports[0]}/delay/{DELAY_MS}"}
        running = ends.enter_context(servers.serving(server, own, processes))
        return load.run(Closed(Target(running.port, server.path), clients, seconds, seconds))


def told(take: str, clients: int, load: Load) -> str:
    """Say what the clients got."""
    statuses = Counter(load.statuses)
    failed = sum(statuses.values()) - statuses[200]
    rate = len(load.latencies_ms) / load.seconds
    median = f"{statistics.median(load.latencies_ms):,.0f} ms" if load.latencies_ms else "no answer"
    return f"{take}, {clients:,} clients: {rate:,.0f} answers a second, median {median}, {failed:,} failed"


if __name__ == "__main__":
    sys.exit(main())
