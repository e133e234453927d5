"""PostgreSQL in threads, by psycopg.

Nothing can cancel a thread, and the driver's waits have no time of their own. So an alarm at the call's deadline has
the server cancel the statement, and a second one cuts the connection if that does not end the wait.
"""

from collections.abc import Generator, Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from threading import Thread
from typing import Any

import orjson
import psycopg

from fanin.config.databases import Database
from fanin.config.kinds.sql import PASSWORD, SqlSource
from fanin.engine.call import Call, Response
from fanin.engine.outcome import Clock
from fanin.errors import SourceError
from fanin.sources.address import Address
from fanin.sources.bounds import Bounds
from fanin.sources.http.blocking.dial import connect
from fanin.sources.resolve import AddressForbidden, Resolver
from fanin.sources.sql import failures
from fanin.sources.sql.blocking_pool import BlockingPool, Lent
from fanin.sources.sql.failures import address_refused, failure_of, is_login, unreachable, without_form
from fanin.sources.sql.postgresql.alarms import Alarms
from fanin.sources.sql.postgresql.bounded import BoundedConnection
from fanin.sources.sql.postgresql.loaders import LOADERS, WITH_FORM
from fanin.sources.sql.postgresql.reachable import from_first
from fanin.sources.sql.postgresql.tls import ca_file
from fanin.sources.sql.postgresql.values import BEGIN, TEXTUAL, literal, parameter
from fanin.sources.sql.rows import CHUNK, NOTHING, Rows, most_sent, too_large

_Columns = list[tuple[str, int]]
"""Names of columns, and the numbers of their types."""

TRUSTED = 5.0
"""Seconds that a connection may have been idle without being doubted."""
CUT_AFTER = 0.1
"""Seconds behind a call's deadline after which its connection is cut, if the server has not ended the statement."""
_REFUSED = Response(401, {}, b"")
_FIRST_OF_OTHERS = 16_384
"""The number of the first type that PostgreSQL has not of itself."""
_NO_ROOM, _NO_LOGIN = "53300", "28000"
_FOR_NOW = (b"too many", b"connection slots", b"starting up", b"shutting down", b"recovery")
"""What the messages of servers say that take no connection now."""
_CHUNKS_FROM = 170_000
"""The version of libpq that reads several rows at once."""


class BlockingPostgresql:
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
        self._pool: BlockingPool[BoundedConnection] = BlockingPool(database.pool, clock, _close)
        self._alarms = Alarms(clock)
        self._textual: set[int] = set()

    def ask(self, call: Call) -> Response:
        """Run the statement of a call.

        Raises:
            SourceError: there is no answer.
            TimeoutError: the call's time is over.
        """
        name = call.source.name
        try:
            with self._pool.lent(call.deadline - self._clock()) as lent:
                return self._answer(lent, call)
        except AddressForbidden as error:
            raise address_refused(name) from error
        except TimeoutError:
            raise
        except OSError as error:  # its host has no address, or none that answers
            raise unreachable(name) from error
        except psycopg.Error as error:
            if self._clock() >= call.deadline:
                raise TimeoutError from error
            if is_login(state := error.sqlstate or _state_of_connecting(error)):
                return _REFUSED
            refused = failures.refused_value(call.source, state, error.diag.context or "")
            raise refused or _failure(name, state, error) from error

    def close(self) -> None:
        """Close what nobody uses."""
        self._alarms.close()
        self._pool.close()

    def _answer(self, lent: Lent[BoundedConnection], call: Call) -> Response:
        connection = self._begun(lent, call)
        with (
            self._cut_at(call.deadline + CUT_AFTER, connection),
            self._cancelled_at(call.deadline, connection),
            connection.bounded(most_sent(call)),
        ):
            try:
                response = self._run(connection, call)
                connection.execute("commit")
            except (SourceError, psycopg.Error) as error:
                if connection.exceeded:
                    raise too_large(call) from error
                if not connection.closed:
                    with suppress(psycopg.Error):
                        _end(connection)
                        lent.keep(connection)
                raise
        lent.keep(connection)
        return response

    def _begun(self, lent: Lent[BoundedConnection], call: Call) -> BoundedConnection:
        """Begin a transaction: on the kept connection, or on a new one if that has died meanwhile."""
        if (kept := lent.kept) is not None:
            now = self._clock()
            doubted = now + (call.deadline - now) / 2 if lent.idle > TRUSTED else call.deadline
            try:
                with self._cut_at(doubted, kept):
                    kept.execute(self._begin(call))
                return lent.use(kept)
            except psycopg.Error:
                _close(kept)
        if self._clock() >= call.deadline:
            raise TimeoutError
        connection = lent.use(self._connect(call))
        with self._cut_at(call.deadline, connection):
            connection.execute(self._begin(call))
        return connection

    def _begin(self, call: Call) -> bytes:
        mode = "read write" if call.source.writes else "read only"
        left = max(1, int(1000 * (call.deadline - self._clock())))
        return BEGIN.format(mode, left).encode()

    def _run(self, connection: BoundedConnection, call: Call) -> Response:
        source = call.source
        assert isinstance(source, SqlSource)
        values = [literal(parameter(value)) for value in orjson.loads(call.request.body or b"[]")]
        with psycopg.RawCursor(connection) as cursor:
            rows, columns = Rows(call, []), _Columns()
            try:
                with closing(_chunks(cursor, source, values)) as chunks:
                    for some in chunks:
                        if not columns:
                            columns = [(column.name, column.type_code) for column in cursor.description or ()]
                            rows = self._rows(call, columns)
                        rows.add(some)
                        if rows.enough:
                            break
            except psycopg.ProgrammingError as error:
                if error.sqlstate is not None:
                    raise
                return NOTHING  # the driver's word for a statement that has no rows
        if not columns:
            columns = _described(connection, source.statement)
            rows = self._rows(call, columns)
        self._check_others(connection, source, {code for _, code in columns})
        return rows.response()

    def _rows(self, call: Call, columns: _Columns) -> Rows:
        if not all(code in WITH_FORM or code >= _FIRST_OF_OTHERS for _, code in columns):
            raise without_form(call.source.name)
        return Rows(call, [name for name, _ in columns])

    def _check_others(self, connection: BoundedConnection, source: SqlSource, types: set[int]) -> None:
        """Refuse types that PostgreSQL has not of itself, unless they are texts."""
        others = [code for code in types if code >= _FIRST_OF_OTHERS and code not in self._textual]
        if others:
            with psycopg.RawCursor(connection) as cursor:
                found = cursor.execute(TEXTUAL, [literal([str(code) for code in others])]).fetchall()
            self._textual |= {row[0] for row in found}
            if not self._textual.issuperset(others):
                raise without_form(source.name)

    def _connect(self, call: Call) -> BoundedConnection:
        """Connect in a thread of its own, which the call does not wait for longer than it has time."""
        url = self._database.url
        password = next((value for name, value in call.request.headers if name == PASSWORD), "")
        within = Bounds(call.deadline, 0.0, self._clock)
        found = self._resolver.resolve(url.host, url.port).result(within.left())
        addresses = from_first(found, connect(found, url.port, within)) if len(found) > 1 else found
        connecting: Future[BoundedConnection] = Future()

        def begin() -> None:
            try:
                connection = self._connected(addresses, password)
            except BaseException as error:  # noqa: BLE001 - whoever waits has to have it
                if connecting.set_running_or_notify_cancel():
                    connecting.set_exception(error)
                return
            if connecting.set_running_or_notify_cancel():
                connecting.set_result(connection)
            else:
                _close(connection)

        Thread(target=begin, name="connect", daemon=True).start()
        try:
            return connecting.result(max(0.0, call.deadline - self._clock()))
        except TimeoutError:
            if not connecting.cancel():
                return connecting.result()
            raise

    def _connected(self, addresses: Sequence[Address], password: str) -> BoundedConnection:
        url, verify = self._database.url, self._database.encrypted
        connection: BoundedConnection = BoundedConnection.connect(
            host=",".join([url.host.rstrip(".")] * len(addresses)),
            hostaddr=",".join(str(address) for address in addresses),
            port=url.port,
            user=url.user,
            password=password,
            dbname=url.name,
            sslmode="verify-full" if verify else "disable",
            sslrootcert=ca_file(self._database) if verify else "",
            gssencmode="disable",
            connect_timeout=29,
            target_session_attrs="any",
            application_name="fanin",
            client_encoding="utf8",
            autocommit=True,
            prepare_threshold=None,
        )
        for oid, loader in LOADERS.items():
            connection.adapters.register_loader(oid, loader)
        return connection

    def _cancelled_at(self, moment: float, connection: BoundedConnection) -> Any:
        def cancel() -> None:
            with suppress(psycopg.Error, OSError):
                connection.cancel_safe(timeout=CUT_AFTER)

        return self._alarms.at(moment, cancel)

    def _cut_at(self, moment: float, connection: BoundedConnection) -> Any:
        return self._alarms.at(moment, connection.cut)


def _described(connection: BoundedConnection, statement: str) -> _Columns:
    """Ask for the columns of a statement that has given no row: of such an answer the driver keeps nothing."""
    pgconn, columns = connection.pgconn, _Columns()
    for result in (pgconn.prepare(b"", statement.encode()), described := pgconn.describe_prepared(b"")):
        if result.status != psycopg.pq.ExecStatus.COMMAND_OK:
            raise psycopg.OperationalError("the columns cannot be described")
    for number in range(described.nfields):
        columns.append(((described.fname(number) or b"").decode(), described.ftype(number)))
    return columns


def _chunks(
    cursor: psycopg.RawCursor[tuple[Any, ...]], source: SqlSource, values: Sequence[str | None]
) -> Generator[list[tuple[Any, ...]]]:
    """Give rows as they come, so many at once. A write is first done as a whole.

    Raises:
        psycopg.ProgrammingError: as the server says, or without its state if the statement has no rows.
    """
    if source.writes:
        cursor.execute(source.statement, values)
        while some := cursor.fetchmany(CHUNK):
            yield some
        return
    rows: list[tuple[Any, ...]] = []
    for row in cursor.stream(source.statement, values, size=CHUNK if psycopg.pq.version() >= _CHUNKS_FROM else 1):
        rows.append(row)
        if len(rows) == CHUNK:
            yield rows
            rows = []
    if rows:
        yield rows


def _end(connection: BoundedConnection) -> None:
    """End a transaction; cancelling its statement may meet this, too."""
    try:
        connection.execute("rollback")
    except psycopg.errors.QueryCanceled:
        connection.execute("rollback")


def _close(connection: BoundedConnection) -> None:
    with suppress(psycopg.Error):
        connection.close()


def _state_of_connecting(error: psycopg.Error) -> str:
    """Tell the state from the message of a server that took no connection: there, the driver gives no other."""
    message = error.pgconn.error_message if error.pgconn is not None else b""
    if b"FATAL:" not in message:
        return ""
    return _NO_ROOM if any(part in message for part in _FOR_NOW) else _NO_LOGIN


def _failure(name: str, state: str, error: psycopg.Error) -> SourceError:
    if state:
        return failure_of(name, state)
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return unreachable(name)
    return failure_of(name, "")
