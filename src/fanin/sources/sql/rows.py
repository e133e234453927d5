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
        self._source = source
        self._most = call.room.max_bytes if call.room else source.max_bytes
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
            raise SourceTooLarge(name, f"the rows of {name} have over {self._most} bytes as JSON")
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
