"""What databases say of the statements of fanin.toml: `fanin check --database` asks them, and runs none."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing

import orjson

from fanin.cli.asking import Means
from fanin.config import Config
from fanin.config.finding import Finding
from fanin.config.kinds.sql import SqlSource
from fanin.credentials.authentication import authentication
from fanin.engine.call import Call, Runtime, pipeline
from fanin.engine.outcome import Span
from fanin.errors import SourceError

# ruff: noqa: PLC0415 - drivers are imported for a file that has a database, and AWS's client with them

WITHIN = 10.0
"""Seconds that a database may take to look at a statement."""
_FIX = "Change the statement, or the database"


def unprepared(config: Config, means: Means) -> list[Finding]:
    """Find the statements that their database does not take.

    Args:
        config: the checked configuration.
        means: what the databases are reached with.

    Raises:
        ModuleNotFoundError: the driver of a database is not installed.
    """
    sources = [source for source in config.sources.values() if isinstance(source, SqlSource)]
    files = [source for source in sources if source.of.url.dialect == "sqlite"]
    servers = [source for source in sources if source.of.url.dialect == "postgresql"]
    return [*_in_files(files), *(asyncio.run(_on_servers(servers, means)) if servers else ())]


def _in_files(sources: list[SqlSource]) -> Iterator[Finding]:
    for source in sources:
        nothing: list[None] = orjson.loads(source.sql.bound(dict.fromkeys(source.sql.references)))
        with closing(sqlite3.connect(f"file:{source.of.url.path}?mode=ro&immutable=1", uri=True)) as connection:
            try:
                connection.execute(f"explain {source.statement}", nothing)
            except sqlite3.Error as error:
                yield _finding(source, str(error))


async def _on_servers(sources: list[SqlSource], means: Means) -> list[Finding]:
    from fanin.aws.client import Aws
    from fanin.sources.sql.postgresql.loop import Postgresql
    from fanin.sources.tls import tls_context

    runtime, resolvers, found = Runtime(), means.resolvers, list[Finding]()
    async with AsyncExitStack() as ends:
        aws = Aws(means.environment, tls_context())
        ends.push_async_callback(aws.aclose)
        authenticate = authentication(means.authenticator, aws)
        databases: dict[str, Postgresql] = {}
        for source in sources:
            if source.database not in databases:
                made = Postgresql(source.of, resolvers[source.of.private], runtime.clock)
                databases[source.database] = made
                ends.push_async_callback(made.aclose)
            request = source.request(dict.fromkeys(source.sql.references))
            call = Call(source, request, runtime.clock() + WITHIN, Span(ready=runtime.clock()))
            ask = pipeline(databases[source.database].prepare, [authenticate])
            try:
                async with asyncio.timeout(WITHIN):
                    response = (await ask(call)).value
            except TimeoutError:
                found.append(_finding(source, "its database does not answer", "Start it, or allow its address"))
            except SourceError as error:
                found.append(_finding(source, error.detail, "Start it, allow its address, or give its secret"))
            else:
                assert response is not None
                if response.status == 401:
                    found.append(_finding(source, "its database does not take the user or the password", "Change them"))
                elif response.body:
                    found.append(_finding(source, response.body.decode()))
    return found


def _finding(source: SqlSource, message: str, fix: str = _FIX) -> Finding:
    return Finding("unprepared", ("sources", source.name, "sql"), message, fix)
