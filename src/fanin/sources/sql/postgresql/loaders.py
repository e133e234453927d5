"""How psycopg reads the values of each type: as the texts that PostgreSQL writes."""

from collections.abc import Callable
from typing import Any

from psycopg.adapt import Buffer, Loader
from psycopg.postgres import types as known_types

from fanin.sources.sql.postgresql.values import READS

_VOID = 2278
"""The number of the type of functions that give nothing, which the driver does not know."""


def _loader(read: Callable[[str], Any]) -> type[Loader]:
    class Read(Loader):
        """Reads the text of a value."""

        def load(self, data: Buffer) -> Any:
            return read(bytes(data).decode())

    return Read


_KNOWN = {name: known for name in READS if (known := known_types.get(name)) is not None}
_NUMBERS = {name: known.oid for name, known in _KNOWN.items()} | {"void": _VOID}
LOADERS = {_NUMBERS[name]: _loader(read) for name, read in READS.items()}
"""By the numbers of their types."""
WITH_FORM = frozenset(LOADERS) | {known.array_oid for known in _KNOWN.values()}
"""The numbers of all types that have a form as JSON, and of lists of them."""
