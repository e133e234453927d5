"""SQLite: a file that is only read, by statements that end with their call's time."""

import sqlite3
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import isfinite
from typing import Any
from urllib.parse import quote

import orjson

from fanin.config.databases import Database
from fanin.config.kinds.sql import SqlSource
from fanin.engine.call import Call, Response
from fanin.engine.outcome import Clock
from fanin.errors import SourceError, SourceRejected, SourceUnavailable, SourceUndecodable
from fanin.sources.sql.blocking_pool import BlockingPool
from fanin.sources.sql.rows import CHUNK, NOTHING, Rows

MOST_OF_A_VALUE = 64_000_000
"""Bytes of a text or a blob in a statement's work."""
_STEPS = 1000
"""Steps of SQLite's machine between two looks at the clock."""
_AT_ONCE = 1_000_000
"""Bytes of texts and blobs after which rows are counted."""
_UNAVAILABLE = ("SQLITE_BUSY", "SQLITE_CANTOPEN", "SQLITE_CORRUPT", "SQLITE_IOERR", "SQLITE_LOCKED", "SQLITE_NOTADB")


class Sqlite:
    """The connections to one file.

    Args:
        database: the database.
        clock: the clock of calls' deadlines.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        assert database.url.path is not None
        self._uri = f"file:{quote(str(database.url.path))}?mode=ro&immutable=1"
        self._clock = clock
        self._pool: BlockingPool[sqlite3.Connection] = BlockingPool(database.pool, clock, _close)
        self.threads = ThreadPoolExecutor(database.pool, "sqlite")
        """Where an event loop has statements run."""

    def ask(self, call: Call, gave_up: Callable[[], bool] = lambda: False) -> Response:
        """Run the statement of a call, in any thread.

        Args:
            call: the call.
            gave_up: whether nobody waits for the answer any more.

        Raises:
            SourceError: there is no answer.
            TimeoutError: the call's time is over.
        """
        with self._pool.lent(call.deadline - self._clock()) as lent:
            if (connection := lent.kept) is None:
                connection = self._connect(call.source.name)
            lent.keep(connection)
            connection.set_progress_handler(lambda: gave_up() or self._clock() >= call.deadline, _STEPS)
            return self._run(connection, call)

    def close(self) -> None:
        """Close every connection, once its statement has ended."""
        self.threads.shutdown()
        self._pool.close()

    def _connect(self, name: str) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self._uri, uri=True, check_same_thread=False, isolation_level=None, timeout=0)
        except sqlite3.Error as error:
            raise _failure(name, error) from error
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_OF_A_VALUE)
        return connection

    def _run(self, connection: sqlite3.Connection, call: Call) -> Response:
        source = call.source
        assert isinstance(source, SqlSource)
        cursor = connection.cursor()
        try:
            cursor.execute(source.statement, [_parameter(value) for value in orjson.loads(call.request.body or b"[]")])
            if cursor.description is None:
                return NOTHING
            rows = Rows(call, [column[0] for column in cursor.description])
            while not rows.enough and (some := _some(cursor)):
                rows.add([[_json(value) for value in row] for row in some])
            return rows.response()
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
                raise TimeoutError from error
            raise _failure(source.name, error) from error
        except OverflowError as error:
            raise SourceRejected(source.name, f"{source.name} has a number of over 64 bits") from error
        finally:
            cursor.close()


def _some(cursor: sqlite3.Cursor) -> list[tuple[Any, ...]]:
    """Read the next rows: so many, or fewer large ones."""
    rows, size = list[tuple[Any, ...]](), 0
    for row in cursor:
        rows.append(row)
        size += sum(len(value) for value in row if isinstance(value, str | bytes))
        if len(rows) == CHUNK or size > _AT_ONCE:
            break
    return rows


def _close(connection: sqlite3.Connection) -> None:
    connection.close()


def _parameter(value: Any) -> Any:
    """Write what SQLite has no type for: lists and objects as JSON, for its function json_each."""
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else value


def _json(value: Any) -> Any:
    """Give a column's value as JSON has it: a blob in base64, an infinite number as text."""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, float) and not isfinite(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def _failure(name: str, error: sqlite3.Error) -> SourceError:
    why = getattr(error, "sqlite_errorname", "")
    failure: SourceError
    if why.startswith(_UNAVAILABLE):
        failure = SourceUnavailable(name, f"the database of {name} cannot be read")
    elif not why and isinstance(error, sqlite3.OperationalError):  # a text that is not UTF-8
        failure = SourceUndecodable(name, f"{name} has a text that is not Unicode")
    else:
        failure = SourceRejected(name, f"the database refused the statement of {name}, or a value in it")
    failure.reason = why
    return failure
