"""`make lesson`: put clients on one listing of docs/lesson.md, and say what they got.

The listing runs in one worker on one core and calls an API that takes 200 ms; `fanin` is the same endpoint by fanin.
`make lesson RECORD=1` measures all that the page shows, and writes it there.
"""

import contextlib
import re
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from benchmarks import command, configuration, cores, machine, servers
from benchmarks.contrast.server_terms import APPS, THREADS
from benchmarks.load.generator import generator
from benchmarks.load.loops import Closed, Load, Target
from benchmarks.servers import Server
from benchmarks.tables import filled
from benchmarks.upstream import upstream
from fanin.local.layout import ROOT
from fanin.local.process.console import Console, Problem
from fanin.local.process.processes import Processes

DELAY_MS: Final = 200
_QUIET: Final = 0.5
"""Processes that may want a core before the page says so."""
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
_PAGE: Final = ROOT / "docs/lesson.md"
_OUTPUT: Final = re.compile(r"^([a-z-]+), ([\d,]+) clients: .*$", re.MULTILINE)


def main() -> int:
    """Measure one listing with so many clients; 0 if it could."""
    given = command.options(__doc__, "take", "clients", seconds=5.0, record=False)

    def work(console: Console, processes: Processes) -> int:
        if given.record:
            load = machine.load()

            def measured(take: str, clients: int) -> str:
                line = told(take, clients, measure(TAKES[take], clients, given.seconds, processes))
                console.say(line)
                return line

            _PAGE.write_text(recorded(_PAGE.read_text(encoding="utf-8"), measured, load), encoding="utf-8")
            return 0
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
        own = configuration.variables(fanin_toml) | {"CONTRAST_UPSTREAM": configuration.url_of(serving, 0, DELAY_MS)}
        running = ends.enter_context(servers.serving(server, own, processes))
        return load.run(Target(running.port, server.path), Closed(clients, seconds, seconds))


def recorded(page: str, measured: Callable[[str, int], str], load: float) -> str:
    """Give the page with every output as it is measured now, and on what machine that was.

    Args:
        page: the page.
        measured: measures a listing with so many clients, and gives its line.
        load: the mean number of processes that wanted a core before.
    """
    about = machine.description()
    where = f"The outputs below are of {machine.today()} and {about['cores']} cores of an {about['processor']}."
    others = f" Other work wanted {load} of them on average." if load > _QUIET else ""
    page = _OUTPUT.sub(lambda output: measured(output[1], int(output[2].replace(",", ""))), page)
    return filled(page, {"lesson": where + others})


def told(take: str, clients: int, load: Load) -> str:
    """Say what the clients got."""
    statuses = Counter(load.statuses)
    failed = sum(statuses.values()) - statuses[200]
    rate = len(load.latencies_ms) / load.seconds
    median = f"{statistics.median(load.latencies_ms):,.0f} ms" if load.latencies_ms else "no answer"
    return f"{take}, {clients:,} clients: {rate:,.0f} answers a second, median {median}, {failed:,} failed"


if __name__ == "__main__":
    sys.exit(main())
