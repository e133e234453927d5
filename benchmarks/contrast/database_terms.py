"""Queries that take long, on both terms: of a PostgreSQL that is started for them, and takes as long as it is asked to.

On Lambda's terms a request makes one such query, or several. On a server's terms it makes one, and all requests of a
worker share a pool.
"""

import importlib.util
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from benchmarks import configuration
from benchmarks.contrast import lambda_terms, server_terms
from benchmarks.contrast.lambda_terms import Asked, Place
from benchmarks.contrast.server_terms import APPS, THREADS, Bench, Contestant, Crowd, contestant
from benchmarks.emulator import Bundle
from fanin.local import postgresql
from fanin.local.process.console import Problem

POOL: Final = 50
"""Connections that a worker has at most."""
_QUERY: Final = "select 1 as one from pg_sleep({})"
_DRIVERS: Final = ("asyncpg", "psycopg", "psycopg_binary")


@dataclass(frozen=True)
class Queries:
    """How much is measured."""

    questions: tuple[tuple[int, int], ...]  # the numbers of queries of a request on Lambda's terms, with their rounds
    crowds: tuple[Crowd, ...]  # the closed loops of servers
    functions: tuple[str, ...] = ()  # the functions that are asked; all if empty
    only: tuple[str, ...] = ()  # the servers that are asked; all if empty


@dataclass(frozen=True)
class Lengths:
    """How long queries take, in milliseconds."""

    call_ms: int  # on Lambda's terms
    server_ms: int  # on a server's terms


def measure(place: Place, bench: Bench, lengths: Lengths, queries: Queries) -> dict[str, Any]:
    """Measure them.

    Args:
        place: the functions, without databases.
        bench: what servers are measured with.
        lengths: of the queries.
        queries: how much is measured.

    Returns:
        the raw data: `lambda` and `server`, as those of calls; or `missing`, why there are none.
    """
    with ExitStack() as ends:
        try:
            url = ends.enter_context(postgresql.server()).url
        except Problem as problem:
            return {"missing": str(problem)}
        folder = place.processes.folder
        file = written(folder, url, [many for many, _ in queries.questions], lengths.call_ms)
        bundles = {
            name: _with_drivers(bundle, folder)
            for name, bundle in place.bundles.items()
            if not queries.functions or name in queries.functions
        }
        own = replace(place, bundles=bundles, variables={**place.variables, "FANIN_CONFIG": str(file)})
        asked = [Asked(str(many), path_of(many, lengths.call_ms), rounds, many) for many, rounds in queries.questions]
        of_lambda = lambda_terms.measure(own, asked, 0)
        file = written(folder, url, [1], lengths.server_ms)
        known = {"FANIN_CONFIG": str(file), "CONTRAST_DATABASE": url, "CONTRAST_QUERY": query(lengths.server_ms)}
        entered = [one for one in contestants(lengths.server_ms) if not queries.only or one.server.name in queries.only]
        ready = Bench(bench.generator, {**bench.variables, **known}, bench.processes)
        of_servers = {
            "delay_ms": lengths.server_ms,
            "servers": server_terms.described(entered),
            "closed": server_terms.closed(ready, entered, queries.crowds),
            "open": [],
        }
        return {"pool": POOL, "call_ms": lengths.call_ms, "lambda": of_lambda, "server": of_servers}


def contestants(query_ms: int) -> list[Contestant]:
    """Name the servers; each answers a request with one query of so many milliseconds."""
    path, stock, wsgi = path_of(1, query_ms), f"{APPS}.databases:app", "wsgi:application"
    view, stock_django = f"/django{path}", f"{APPS}.databases_django:application"
    return [
        contestant("async", "FastAPI async def, asyncpg", "app:app", path),
        contestant("threads", "FastAPI def, psycopg", "app:app", f"/threads{path}"),
        contestant("django-async", "Django async view, asyncpg", "asgi:application", f"/django/async{path}"),
        contestant("gunicorn-threads", "Django view, psycopg", wsgi, view, threads=THREADS),
        contestant("gunicorn-sync", "Django view, psycopg", wsgi, view, threads=1),
        contestant("stock-asyncpg", "FastAPI async def, asyncpg", stock, "/asyncpg"),
        contestant("stock-sqlalchemy", "FastAPI async def, SQLAlchemy", stock, "/sqlalchemy"),
        contestant("stock-threads", "FastAPI def, SQLAlchemy", stock, "/threads"),
        contestant("stock-blocking", "FastAPI async def, blocking psycopg", stock, "/blocking"),
        contestant("stock-django", "Django view, SQLAlchemy", stock_django, "/", threads=THREADS),
    ]


def query(takes_ms: int) -> str:
    """Give the statement that takes so long."""
    return _QUERY.format(takes_ms / 1000)


def path_of(queries: int, query_ms: int) -> str:
    """Give the path of the endpoint that makes so many queries."""
    return f"/queries/{queries}/of/{query_ms}"


def written(folder: Path, url: str, questions: Sequence[int], query_ms: int) -> Path:
    """Write a fanin.toml with an endpoint for each of these numbers of queries, and give its path."""
    asked = f'database = "db"\nsql = "{query(query_ms)}"\ntimeout = "29s"'
    names = [f"q{number}" for number in range(max(questions))]
    endpoints = {path_of(many, query_ms): names[:many] for many in questions}
    database = f'[databases.db]\nurl = "{url}"\ntls = "off"\npool = {POOL}'
    return configuration.written(folder, f"databases-{query_ms}", dict.fromkeys(names, asked), endpoints, database)


def _with_drivers(bundle: Bundle, folder: Path) -> Bundle:
    """Give a function the layer of drivers: those of this environment, whose versions are the layer's."""
    layer = folder / "DatabaseLayer"
    if not layer.exists():
        (layer / "python").mkdir(parents=True)
        for name in _DRIVERS:
            found = importlib.util.find_spec(name)
            assert found is not None
            assert found.origin is not None
            package = Path(found.origin).parent
            for there in (package, package.with_name(f"{name}.libs")):
                if there.exists():
                    (layer / "python" / there.name).symlink_to(there)
    return replace(bundle, layers=(*bundle.layers, layer))
