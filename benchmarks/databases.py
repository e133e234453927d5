"""Measure many slow queries at once over one pool: `python -m benchmarks.databases [--quick]`.

A PostgreSQL server of its own answers each query after 200 ms. One worker of Uvicorn serves fanin's gateway, and beside
it an application by hand over asyncpg's own pool. 200 requests come at once, and 50 connections are there: the ideal is
four times 200 ms. All take turns, so that what drifts on a machine hits all alike.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg
from fastapi import FastAPI

from benchmarks import command, servers
from benchmarks.interleaving import sampled
from benchmarks.statistics import Spread
from benchmarks.tables import Table, number, spread
from fanin.local import postgresql
from fanin.local.layout import ROOT
from fanin.local.process import ports
from fanin.local.process.console import Console
from fanin.local.process.processes import Processes

REQUESTS, POOL, TAKES = 200, 50, 0.2
"""How many at once, over how many connections, and the seconds of a query."""
IDEAL: Final = REQUESTS / POOL * TAKES
_STATEMENT: Final = "select 1 as one from pg_sleep(0.2)"
_DATABASE: Final = "BENCHMARK_DATABASE"
_FILE: Final = f"""
fanin = 1
[databases.db]
url = "{{url}}"
tls = "off"
pool = {POOL}
[sources.slow]
database = "db"
sql = "{_STATEMENT}"
[endpoints.slow]
path = "/slow"
sources = ["slow"]
"""


@asynccontextmanager
async def _pool(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ[_DATABASE], min_size=1, max_size=POOL) as app.state.pool:
        yield


app = FastAPI(lifespan=_pool)


@app.get("/slow")
async def slow() -> dict[str, Any]:
    """Ask as one would by hand."""
    return {"slow": [dict(row) for row in await app.state.pool.fetch(_STATEMENT)]}


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
    gateway = servers.uvicorn("fanin", "app:app", "/slow", [ROOT / "functions/gateway"])
    by_hand = servers.uvicorn("by hand", "benchmarks.databases:app", "/slow")
    with ExitStack() as ends:
        server = ends.enter_context(postgresql.server())
        server.stop()
        server.start(max_connections=str(4 * POOL))
        file = Path(ends.enter_context(tempfile.TemporaryDirectory()), "fanin.toml")
        file.write_text(_FILE.format(url=server.url))
        variables = {
            _DATABASE: server.url,
            "FANIN_CONFIG": str(file),
            "FANIN_ALLOW": "127.0.0.0/8:*",
            "FANIN_CACHE": "off",
            "FANIN_THREADS": "on",
        }
        fanin = ends.enter_context(servers.serving(gateway, variables, processes)).port
        other = ends.enter_context(servers.serving(by_hand, variables, processes)).port
        cases = {"fanin, /": (fanin, "/slow"), "fanin, /threads": (fanin, "/threads/slow"), "by hand": (other, "/slow")}
        return sampled(
            "queries at once",
            list(cases),
            rounds,
            lambda name: asyncio.run(_at_once(*cases[name])) / IDEAL,
            leaving_out=1,
        )


def main() -> int:
    """Print the table."""
    quick = command.quick(__doc__)

    def work(_: Console, processes: Processes) -> int:
        found = measured(3 if quick else 11, processes)
        rows = [[name, spread(Spread.of(samples), 2), number(min(samples), 2)] for name, samples in found.items()]
        head = f"{REQUESTS} queries of {TAKES * 1000:.0f} ms, pool of {POOL}"
        command.show(Table("databases", "", [head, "of the ideal (quartiles)", "least"], rows))
        return 0

    return command.run(work)


if __name__ == "__main__":
    sys.exit(main())
