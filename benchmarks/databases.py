"""Measure many slow queries at once over one pool: `python -m benchmarks.databases [--quick]`.

A PostgreSQL server of its own answers each query after 200 ms. One worker of Uvicorn serves fanin's gateway, and beside
it an application by hand over asyncpg's own pool. 200 requests come at once, and 50 connections are there: the ideal is
four times 200 ms. All take turns, so that what drifts on a machine hits all alike.
"""

import asyncio
import tempfile
import time
from argparse import Namespace
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import aiohttp

from benchmarks import command, servers
from benchmarks.contrast import database_terms
from benchmarks.contrast.database_terms import POOL
from benchmarks.interleaving import sampled
from benchmarks.statistics import Spread
from benchmarks.tables import Table, number, spread
from fanin.local import postgresql
from fanin.local.process import ports
from fanin.local.process.console import Console
from fanin.local.process.processes import Processes

REQUESTS, TAKES_MS = 200, 200
"""How many at once, and the milliseconds of a query."""
IDEAL: Final = REQUESTS / POOL * TAKES_MS / 1000


async def _at_once(port: int, path: str) -> float:
    """Give the seconds until all are answered."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def ask() -> None:
            async with session.get(f"http://{ports.LOOPBACK}:{port}{path}") as answer:
                assert answer.status == 200, await answer.text()
                await answer.read()

        began = time.perf_counter()
        await asyncio.gather(*(ask() for _ in range(REQUESTS)))
        return time.perf_counter() - began


def measured(rounds: int, processes: Processes) -> dict[str, list[float]]:
    """Give how many times the ideal each round took, by what was asked."""
    path = database_terms.path_of(1, TAKES_MS)
    gateway = servers.Server("fanin", "app:app", path)
    by_hand = servers.Server("by hand", "benchmarks.contrast.apps.databases:app", "/asyncpg")
    with ExitStack() as ends:
        server = ends.enter_context(postgresql.server())
        server.stop()
        server.start(max_connections=str(4 * POOL))
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory()))
        variables = database_terms.variables(folder, server.url, TAKES_MS)
        fanin = ends.enter_context(servers.serving(gateway, variables, processes)).port
        other = ends.enter_context(servers.serving(by_hand, variables, processes)).port
        cases = {
            "fanin, /": (fanin, path),
            "fanin, /threads": (fanin, f"/threads{path}"),
            "by hand": (other, "/asyncpg"),
        }

        def measure(name: str) -> float:
            return asyncio.run(_at_once(*cases[name])) / IDEAL

        return sampled("queries at once", dict.fromkeys(cases, rounds), measure, leaving_out=1)


def main(given: Namespace, _: Console, processes: Processes) -> int:
    """Print the table."""
    found = measured(3 if given.quick else 11, processes)
    rows = [[name, spread(Spread.of(samples), 2), number(min(samples), 2)] for name, samples in found.items()]
    head = f"{REQUESTS} queries of {TAKES_MS} ms, pool of {POOL}"
    command.show(Table("databases", "", [head, "of the ideal (quartiles)", "least"], rows))
    return 0


if __name__ == "__main__":
    command.run(main, __doc__, quick=False)
