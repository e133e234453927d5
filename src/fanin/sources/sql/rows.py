"""From a database's rows to an answer: JSON, within the bounds of its source."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from fanin.config.kinds.sql import SqlSource
from fanin.engine.call import Call, Response
from fanin.errors import SourceTooLarge, SourceUndecodable

CHUNK = 100
"""Rows that are read at once."""

NOTHING = Response(204, {}, b"")
"""Of a statement that has no rows."""
_NO_ROW = Response(404, {}, b"")

_SENT = 4
"""How many times as large as its JSON an answer may be as a server sends it. A text, a number or a time is about as
large; bytes in hexadecimal are 1.5 times, and rows with one small number less than twice."""
_BESIDES = 65_536
"""Bytes that a server may send besides: what columns there are, and what it says of a mistake."""


def most_of(call: Call) -> int:
    """Give the bytes that an answer may have as JSON."""
    return call.room.max_bytes if call.room else call.source.max_bytes


def most_sent(call: Call) -> int:
    """Give the bytes that a server may send for an answer, so that one field cannot fill the memory."""
    return _SENT * most_of(call) + _BESIDES


def too_large(call: Call) -> SourceTooLarge:
    """Make the error of an answer that is over its bytes."""
    name = call.source.name
    return SourceTooLarge(name, f"the rows of {name} have over {most_of(call)} bytes as JSON")


class Rows:
    """The rows of one answer, as they come.

    Args:
        call: whose answer it is.
        names: of the columns.

    Raises:
        SourceUndecodable: two columns have one name.
    """

    def __init__(self, call: Call, names: Sequence[str]) -> None:
        source = call.source
        assert isinstance(source, SqlSource)
        self._call = call
        self._source = source
        self._most = most_of(call)
        self._names = names
        self._parts: list[bytes] = []
        self._count = self._size = 0
        if len(set(names)) < len(names):
            message = f"two columns of {source.name} have one name: give one of them another, with as"
            raise SourceUndecodable(source.name, message)

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Take rows.

        Args:
            rows: each with what `orjson` writes for each of the columns.

        Raises:
            SourceTooLarge: there are more than the source takes.
        """
        name, written = self._source.name, [dict(zip(self._names, row, strict=True)) for row in rows]
        if not written:
            return
        self._count += len(written)
        if self._count > self._source.max_rows and self._source.rows == "many":
            raise SourceTooLarge(name, f"{name} has more than {self._source.max_rows} rows")
        part = orjson.dumps(written)[1:-1]
        self._size += len(part) + 1
        if self._size + 1 > self._most:
            raise too_large(self._call)
        self._parts.append(part)

    @property
    def enough(self) -> bool:
        """Whether no more rows need be read to know what the answer is."""
        return self._source.rows == "one" and self._count > 1

    def response(self) -> Response:
        """Give the answer: a list of rows, or the only row; 404 if that is missing.

        Raises:
            SourceUndecodable: there are several, where there may be one.
        """
        if self._source.rows == "many":
            return Response(200, {}, b"[" + b",".join(self._parts) + b"]")
        if self._count > 1:
            name = self._source.name
            raise SourceUndecodable(name, f"{name} has several rows where there may be one")
        return Response(200, {}, self._parts[0]) if self._parts else _NO_ROW
