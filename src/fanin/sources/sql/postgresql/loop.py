"""PostgreSQL on an event loop, by asyncpg."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any, Protocol

import asyncpg
import orjson

from fanin.config import Source
from fanin.config.databases import Database
from fanin.config.kinds.sql import PASSWORD, SqlSource
from fanin.engine.call import Call, Response
from fanin.engine.outcome import Clock, Outcome
from fanin.errors import SourceError
from fanin.sources.http.loop.dial import dial
from fanin.sources.resolve import AddressForbidden, Resolver
from fanin.sources.sql.failures import (
    address_refused,
    failure_of,
    is_login,
    refused_value,
    unreachable,
    without_form,
)
from fanin.sources.sql.loop_pool import LoopPool, Place
from fanin.sources.sql.postgresql.portal import PortalConnection, TooManyBytes
from fanin.sources.sql.postgresql.reachable import from_first
from fanin.sources.sql.postgresql.tls import NamedContext
from fanin.sources.sql.postgresql.values import BEGIN, READS, TEXTUAL, literal, parameter
from fanin.sources.sql.rows import CHUNK, NOTHING, Rows, most_sent, too_large

TRUSTED = 5.0
"""Seconds that a connection may have been idle without being doubted."""
CANCELS = 0.1
"""Seconds that a call which is given up waits for its server to have ended the statement."""
RECOVERS = 2.0
"""Seconds within which the server has to have ended it for the connection to be kept."""
_REFUSED = Response(401, {}, b"")
_LOST = (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError, asyncpg.InternalClientError)


type _Run = Callable[[PortalConnection, Call], Awaitable[Response]]


class _Type(Protocol):
    oid: int
    name: str
    kind: str
    schema: str


class Postgresql:
    """The connections to one database.

    Args:
        database: the database.
        resolver: gives the addresses behind its host, every one of them permitted.
        clock: the clock of calls' deadlines.
    """

    def __init__(self, database: Database, resolver: Resolver, clock: Clock) -> None:
        self._database = database
        self._resolver = resolver
        self._clock = clock
        self._pool: LoopPool[PortalConnection] = LoopPool(database.pool, clock, lambda lost: lost.terminate())
        self._textual: set[int] = set()
        self._recovering: set[asyncio.Task[None]] = set()

    async def fetch(self, call: Call) -> Outcome[Response]:
        """Run the statement of a call.

        Raises:
            SourceError: there is no answer.
        """
        if call.writes is not None:
            call.writes.admit(call.source)
        try:
            return Outcome(await self._answer(call))
        except (AddressForbidden, asyncpg.PostgresError, ValueError, *_LOST) as error:
            if isinstance(error, TimeoutError) and error.errno is None:  # the call's own time, and no system's
                raise
            if is_login(_sqlstate(error)):
                return Outcome(_REFUSED)
            raise _refused(call.source, error) or _failure(call.source.name, error) from error

    async def prepare(self, call: Call) -> Outcome[Response]:
        """Have the server look at the statement of a call, without running it.

        Returns:
            204 if it takes the statement; 422 with its message, which is for who has written the statement, and for
            nobody else; 401 as `fetch`.

        Raises:
            SourceError: there is no answer.
        """
        try:
            return Outcome(await self._answer(call, self._prepared))
        except asyncpg.PostgresError as error:
            if is_login(_sqlstate(error)):
                return Outcome(_REFUSED)
            return Outcome(Response(422, {}, f"{error} (SQLSTATE {_sqlstate(error)})".encode()))
        except (AddressForbidden, *_LOST) as error:
            raise _failure(call.source.name, error) from error

    async def aclose(self) -> None:
        """End every connection."""
        self._pool.close()

    async def _answer(self, call: Call, run: _Run | None = None) -> Response:
        place = await self._pool.take()
        try:
            connection = await self._begun(place, call)
            try:
                response = await (run or self._run)(connection, call)
            except TooManyBytes as error:
                raise too_large(call) from error
            await connection.execute("commit")
        except asyncio.CancelledError:
            await self._recover(place)
            raise
        except (SourceError, asyncpg.PostgresError, asyncpg.UnsupportedClientFeatureError, ValueError) as error:
            await self._after(place, error)
            raise
        except BaseException:
            place.drop()
            raise
        place.give_back()
        return response

    async def _begun(self, place: Place[PortalConnection], call: Call) -> PortalConnection:
        """Begin a transaction: on the kept connection, or on a new one if that has died meanwhile."""
        if (kept := place.connection) is not None:
            left = call.deadline - self._clock()
            doubted = left / 2 if place.idle > TRUSTED else None
            kept.permit(most_sent(call))
            try:
                await asyncio.wait_for(kept.execute(self._begin(call)), doubted)
                return kept
            except (TimeoutError, asyncpg.PostgresError, *_LOST):
                place.lose()
        place.connection = connection = await self._connect(call)
        connection.permit(most_sent(call))
        await connection.execute(self._begin(call))
        return connection

    def _begin(self, call: Call) -> str:
        mode = "read write" if call.source.writes else "read only"
        left = max(1, int(1000 * (call.deadline - self._clock())))
        return BEGIN.format(mode, left)

    async def _run(self, connection: PortalConnection, call: Call) -> Response:
        source = call.source
        assert isinstance(source, SqlSource)
        values = [parameter(value) for value in orjson.loads(call.request.body or b"[]")]
        portal = await connection.portal(source.statement)
        if not (columns := portal.columns):
            await portal.begin(values, 0)
            return NOTHING
        if any(column.type.schema != "pg_catalog" for column in columns):
            await self._check_others(connection, [column.type for column in columns])
            portal = await connection.portal(source.statement)
        if not all(self._has_form(column.type) for column in columns):
            raise without_form(source.name)
        rows = Rows(call, [column.name for column in columns])
        rows.add([tuple(row) for row in await portal.begin(values, CHUNK)])
        while not (rows.enough or portal.exhausted):
            rows.add([tuple(row) for row in await portal.more(CHUNK)])
        return rows.response()

    async def _prepared(self, connection: PortalConnection, call: Call) -> Response:
        source = call.source
        assert isinstance(source, SqlSource)
        await connection.prepare(source.statement, name="")
        return NOTHING

    def _has_form(self, of: _Type) -> bool:
        if of.schema == "pg_catalog":
            return of.name.removesuffix("[]") in READS and of.kind in {"scalar", "array"}
        return of.oid in self._textual

    async def _check_others(self, connection: PortalConnection, types: list[_Type]) -> None:
        """Learn which types that PostgreSQL has not of itself are texts."""
        others = [str(of.oid) for of in types if of.schema != "pg_catalog" and of.oid not in self._textual]
        if others:
            self._textual |= {row[0] for row in await connection.fetch(TEXTUAL, literal(others))}

    async def _connect(self, call: Call) -> PortalConnection:
        url = self._database.url
        password = next((value for name, value in call.request.headers if name == PASSWORD), "")
        found = await self._resolver.resolve_async(url.host, url.port)
        addresses = from_first(found, await dial(found, url.port)) if len(found) > 1 else found
        connection: PortalConnection = await asyncpg.connect(
            host=[str(address) for address in addresses],
            port=url.port,
            user=url.user,
            password=password,
            database=url.name,
            ssl=self._tls,
            timeout=max(0.0, call.deadline - self._clock()) + 1,  # the call's own timeout is there first
            # No statement is so short that it is kept; with a cache of size 0 the driver would parse each twice.
            statement_cache_size=1,
            max_cacheable_statement_size=1,
            target_session_attrs="any",
            server_settings={"application_name": "fanin"},
            connection_class=PortalConnection,
        )
        for name, read in READS.items():
            await connection.set_type_codec(name, schema="pg_catalog", encoder=_as_it_is, decoder=read, format="text")
        return connection

    @cached_property
    def _tls(self) -> ssl.SSLContext | bool:
        return NamedContext.of(self._database) if self._database.encrypted else False

    async def _after(self, place: Place[PortalConnection], error: Exception) -> None:
        """Keep a connection whose server has refused something, unless the server ends it."""
        connection = place.connection
        if connection is None or connection.is_closed() or _sqlstate(error).startswith("57P"):
            place.drop()
            return
        await self._recover(place)

    async def _recover(self, place: Place[PortalConnection]) -> None:
        """End a transaction whose statement may still run, within the time that its call may be late.

        The driver has asked the server to cancel the statement, and rolls back once it has.
        """
        if place.connection is None:
            place.drop()
            return
        recovering = asyncio.create_task(self._rolled_back(place))
        self._recovering.add(recovering)
        recovering.add_done_callback(self._recovering.discard)
        await asyncio.wait({recovering}, timeout=CANCELS)

    @staticmethod
    async def _rolled_back(place: Place[PortalConnection]) -> None:
        connection = place.connection
        assert connection is not None
        try:
            try:
                await connection.execute("rollback", timeout=RECOVERS)
            except asyncpg.PostgresError:  # the driver's cancelling has met this
                await connection.execute("rollback", timeout=RECOVERS)
        except (TimeoutError, asyncpg.PostgresError, *_LOST):
            place.drop()
        except BaseException:
            place.drop()
            raise
        else:
            place.give_back()


def _sqlstate(error: Exception) -> str:
    return getattr(error, "sqlstate", None) or ""


def _refused(source: Source, error: Exception) -> SourceError | None:
    """Make the error of a client's value that has not the type of its place, which the driver may find out itself."""
    by_driver = str(error) if isinstance(error, ValueError) else ""
    return refused_value(source, _sqlstate(error), getattr(error, "context", None) or by_driver)


def _failure(name: str, error: Exception) -> SourceError:
    match error:
        case AddressForbidden():
            return address_refused(name)
        case asyncpg.PostgresError():
            return failure_of(name, _sqlstate(error))
        case asyncpg.UnsupportedClientFeatureError():
            return without_form(name)
        case ValueError() if not isinstance(error, ssl.SSLError):  # a parameter cannot be of the type that is inferred
            return failure_of(name, "")
    return unreachable(name)


def _as_it_is(value: Any) -> Any:
    return value
