"""`make lesson`: put clients on one listing of docs/lesson.md, and say what they got.

The listing runs in one worker on one core and calls an API that takes 200 ms; `fanin` is the same endpoint by fanin.
`make lesson RECORD=1` measures all that the page shows, and writes it there.
"""

import re
import statistics
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from benchmarks import command, configuration, linux, machine, servers
from benchmarks.contrast.server_terms import STOCK, STOCK_DJANGO
from benchmarks.contrast.settings import SERVER_MS
from benchmarks.load import Closed, Load, generator
from benchmarks.servers import THREADS, Server
from benchmarks.tables import filled
from benchmarks.upstream import upstream
from fanin.local.layout import ROOT
from fanin.local.process.console import Console, Problem
from fanin.local.process.processes import Processes

_SECONDS: Final = 5.0
_QUIET: Final = 0.5
"""Processes that may want a core before the page says so."""
TAKES: Final = {
    server.name: server
    for server in (
        Server("django", STOCK_DJANGO, "/", 1),
        Server("django-threads", STOCK_DJANGO, "/", THREADS),
        Server("fastapi", STOCK, "/shared"),
        Server("fastapi-new", STOCK, "/new"),
        Server("fastapi-requests", STOCK, "/blocking"),
        Server("fanin", "app:app", configuration.path_of(1)),
    )
}
"""The listings, by what `make lesson TAKE=` calls them."""
_PAGE: Final = ROOT / "docs/lesson.md"
_OUTPUT: Final = re.compile(r"^([a-z-]+), ([\d,]+) clients: .*$", re.MULTILINE)


def main(given: Namespace, console: Console, processes: Processes) -> int:
    """Measure one listing with so many clients, or record all."""

    def measured(take: str, clients: int) -> str:
        line = told(take, clients, measure(TAKES[take], clients, processes))
        console.say(line)
        return line

    if given.record:
        about = machine.head(quick=False)
        _PAGE.write_text(recorded(_PAGE.read_text(encoding="utf-8"), measured, about), encoding="utf-8")
    elif given.take in TAKES:
        measured(given.take, int(given.clients))
    else:
        raise Problem(f"There is no listing {given.take}: TAKE is one of {', '.join(TAKES)}")
    return 0


def measure(server: Server, clients: int, processes: Processes) -> Load:
    """Put clients on a server that is started for it, after a warm-up of the same length."""
    with upstream() as serving, generator() as load:
        linux.pin(linux.MEASURING)
        variables = configuration.of_servers(processes.folder, serving, SERVER_MS)
        with servers.serving(server, variables, processes) as running:
            return load(running.port, server.path, Closed(clients, _SECONDS, _SECONDS))


def recorded(page: str, measured: Callable[[str, int], str], about: Mapping[str, Any]) -> str:
    """Give the page with every output as `measured` gives it now, and with what `about` says of the machine."""
    cores, processor = about["machine"]["cores"], about["machine"]["processor"]
    where = f"The outputs below are of {about['date']} and {cores} cores of an {processor}."
    if about["load_before"] > _QUIET:
        where += f" Other work wanted {about['load_before']} of them on average."
    page = _OUTPUT.sub(lambda output: measured(output[1], int(output[2].replace(",", ""))), page)
    return filled(page, {"lesson": where})


def told(take: str, clients: int, load: Load) -> str:
    """Say what the clients got."""
    statuses = Counter(load.statuses)
    failed = sum(statuses.values()) - statuses[200]
    rate = len(load.latencies_ms) / load.seconds
    median = f"{statistics.median(load.latencies_ms):,.0f} ms" if load.latencies_ms else "no answer"
    return f"{take}, {clients:,} clients: {rate:,.0f} answers a second, median {median}, {failed:,} failed"


if __name__ == "__main__":
    command.run(main, __doc__, "take", "clients", record=False)
