"""Queries that take long, on both terms: of a PostgreSQL that is started for them, and takes as long as it is asked to.

On Lambda's terms a request makes one such query, or several. On a server's terms it makes one, and all requests of a
worker share a pool.
"""

import sysconfig
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from benchmarks import configuration
from benchmarks.contrast import lambda_terms, server_terms
from benchmarks.contrast.lambda_terms import Asked
from benchmarks.contrast.server_terms import APPS
from benchmarks.contrast.settings import CALL_MS, SERVER_MS, Settings
from benchmarks.place import Place
from benchmarks.servers import THREADS, Server
from fanin.local import postgresql
from fanin.local.process.console import Problem

_POOL: Final = 50
"""Connections that a worker has at most."""
_QUERY: Final = "select 1 as one from pg_sleep({})"
_DRIVERS: Final = ("asyncpg", "psycopg", "psycopg_binary", "psycopg_binary.libs")


def measure(place: Place, settings: Settings) -> dict[str, Any]:
    """Measure them.

    Returns:
        the raw data: `lambda` and `server`, as those of calls; or `missing`, why there are none.
    """
    with ExitStack() as ends:
        try:
            url = ends.enter_context(postgresql.server()).url
        except Problem as problem:
            return {"missing": str(problem)}
        folder = place.processes.folder
        drivers = _drivers(folder)
        bundles = {name: replace(of, layers=(*of.layers, drivers)) for name, of in place.bundles.items()}
        asked = {Asked(str(many), _path_of(many, CALL_MS)): rounds for many, rounds in settings.queries.items()}
        own = _variables(folder, url, CALL_MS, settings.queries)
        of_lambda = lambda_terms.measure(replace(place, bundles=bundles), own, asked, 0)
        entered = [one for one in _servers() if not settings.few or one.name in settings.few]
        of_servers = server_terms.closed(place, _variables(folder, url, SERVER_MS), entered, settings.query_crowds)
        return {"pool": _POOL, "call_ms": CALL_MS, "lambda": of_lambda, "server": of_servers}


def _servers() -> list[Server]:
    """Name the servers; each answers a request with one query."""
    path, stock, wsgi = _path_of(1, SERVER_MS), f"{APPS}.databases:app", "wsgi:application"
    return [
        Server("async", "app:app", path, title="FastAPI async def, asyncpg"),
        Server("threads", "app:app", f"/threads{path}", title="FastAPI def, psycopg"),
        Server("django-async", "asgi:application", f"/django/async{path}", title="Django async view, asyncpg"),
        Server("gunicorn-threads", wsgi, f"/django{path}", THREADS, "Django view, psycopg"),
        Server("gunicorn-sync", wsgi, f"/django{path}", 1, "Django view, psycopg"),
        Server("stock-asyncpg", stock, "/asyncpg", title="FastAPI async def, asyncpg"),
        Server("stock-sqlalchemy", stock, "/sqlalchemy", title="FastAPI async def, SQLAlchemy"),
        Server("stock-threads", stock, "/threads", title="FastAPI def, SQLAlchemy"),
        Server("stock-blocking", stock, "/blocking", title="FastAPI async def, blocking psycopg"),
        Server("stock-django", f"{APPS}.databases_django:application", "/", THREADS, "Django view, SQLAlchemy"),
    ]


def _path_of(queries: int, query_ms: int) -> str:
    """Give the path of the endpoint that makes so many queries."""
    return f"/queries/{queries}/of/{query_ms}"


def _variables(folder: Path, url: str, query_ms: int, questions: Iterable[int] = (1,)) -> dict[str, str]:
    """Give the environment of what asks a database, fanin and others, with queries of so many milliseconds.

    It names a fanin.toml in the folder, with an endpoint for each of these numbers of queries.
    """
    query = _QUERY.format(query_ms / 1000)
    sources = {f"q{number}": f'database = "db"\nsql = "{query}"\ntimeout = "29s"' for number in range(max(questions))}
    endpoints = {_path_of(many, query_ms): list(sources)[:many] for many in questions}
    database = f'[databases.db]\nurl = "{url}"\ntls = "off"\npool = {_POOL}'
    file = configuration.written(folder / f"databases-{query_ms}.toml", sources, endpoints, database)
    return configuration.variables(file) | {"CONTRAST_DATABASE": url, "CONTRAST_QUERY": query}


def _drivers(folder: Path) -> Path:
    """Make the layer of drivers: those of this environment, whose versions are the layer's."""
    layer = folder / "DatabaseLayer"
    (layer / "python").mkdir(parents=True)
    for name in _DRIVERS:
        (layer / "python" / name).symlink_to(Path(sysconfig.get_path("purelib"), name))
    return layer
