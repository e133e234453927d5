"""What sources name: upstreams and databases, which are read before them."""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from fanin.config.kinds.upstream import Upstream

if TYPE_CHECKING:
    from fanin.config.databases import Database


def upstreams_in(data: dict[str, Any], context: dict[str, Any]) -> dict[str, tuple[dict[str, Any], Upstream]]:
    """Read the upstreams that have no mistake: their sources are read with them.

    Args:
        data: the file's tables.
        context: that of the file's validation.
    """
    read = {}
    for name, table in _tables(data, "upstreams"):
        known = {key: value for key, value in table.items() if key in Upstream.accepted()}
        with suppress(ValidationError):
            read[name] = known, Upstream.model_validate(known, context=context)
    return read


def databases_in(data: dict[str, Any], context: dict[str, Any]) -> dict[str, "Database"]:
    """Read the databases that have no mistake; otherwise as `upstreams_in`."""
    read = dict[str, "Database"]()
    for name, table in _tables(data, "databases"):
        from fanin.config.databases import Database  # noqa: PLC0415 - no part of the cold start of a file without one

        with suppress(ValidationError):
            read[name] = Database.model_validate(table, context=context)
            read[name].take_name(name)
    return read


def _tables(data: dict[str, Any], kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    tables = data.get(kind)
    for name, table in tables.items() if isinstance(tables, dict) else ():
        if isinstance(table, dict):
            yield name, table
