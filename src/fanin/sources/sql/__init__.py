"""The fetches of the kind `sql`: a database each, whose driver is imported when a source reads it."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack, closing
from threading import Event
from typing import TYPE_CHECKING

from fanin.config import Source
from fanin.engine.call import Call, Fetch, Response
from fanin.engine.outcome import Outcome
from fanin.sources.reach import BlockingFetch, BlockingReach, Reach

if TYPE_CHECKING:
    from fanin.config.databases import Database
    from fanin.sources.sql.sqlite import Sqlite

# ruff: noqa: PLC0415 - a bundle has the drivers of its databases, and each function that of its clients


def on_loop(reach: Reach, ends: AsyncExitStack) -> Callable[[Source], Fetch]:
    """Make the fetch of databases on an event loop, over the connections of each."""
    from fanin.config.kinds.sql import SqlSource

    made: dict[str, Fetch] = {}

    def fetch_of(source: Source) -> Fetch:
        assert isinstance(source, SqlSource)
        if source.database not in made:
            made[source.database] = _waiting(source.of, reach, ends)
        return made[source.database]

    return fetch_of


def in_threads(reach: BlockingReach, ends: ExitStack) -> Callable[[Source], BlockingFetch]:
    """Make the fetch of databases for threads."""
    from fanin.config.kinds.sql import SqlSource

    made: dict[str, BlockingFetch] = {}

    def fetch_of(source: Source) -> BlockingFetch:
        assert isinstance(source, SqlSource)
        if source.database not in made:
            made[source.database] = _blocking(source.of, reach, ends)
        return made[source.database]

    return fetch_of


def _waiting(database: "Database", reach: Reach, ends: AsyncExitStack) -> Fetch:
    if database.url.dialect == "sqlite":
        from fanin.sources.sql.sqlite import Sqlite

        return _threaded(ends.enter_context(closing(Sqlite(database, reach.clock))))
    from fanin.sources.sql.postgresql.loop import Postgresql

    postgresql = Postgresql(database, reach.resolvers[database.private], reach.clock)
    ends.push_async_callback(postgresql.aclose)
    return postgresql.fetch


def _blocking(database: "Database", reach: BlockingReach, ends: ExitStack) -> BlockingFetch:
    from fanin.sources.sql.blocking import blocking_fetch

    if database.url.dialect == "sqlite":
        from fanin.sources.sql.sqlite import Sqlite

        sqlite = ends.enter_context(closing(Sqlite(database, reach.clock)))
        return blocking_fetch(sqlite.ask, reach.clock, reach.authenticate)
    from fanin.sources.sql.postgresql.blocking import BlockingPostgresql

    postgresql = BlockingPostgresql(database, reach.resolvers[database.private], reach.clock)
    ends.enter_context(closing(postgresql))
    return blocking_fetch(postgresql.ask, reach.clock, reach.authenticate)


def _threaded(sqlite: "Sqlite") -> Fetch:
    """Run statements in SQLite's own threads; one that is given up ends at its next look at the clock."""

    async def fetch(call: Call) -> Outcome[Response]:
        gave_up = Event()
        running = asyncio.wrap_future(sqlite.threads.submit(sqlite.ask, call, gave_up.is_set))
        try:
            return Outcome(await running)
        except asyncio.CancelledError:
            gave_up.set()
            raise

    return fetch
