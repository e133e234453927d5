"""What sources name: upstreams and databases, which are read before them."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from fanin.config.kinds.upstream import Upstream
from fanin.config.table import tables_in

if TYPE_CHECKING:
    from fanin.config.databases import Database


def upstreams_in(data: dict[str, Any], context: dict[str, Any]) -> dict[str, tuple[dict[str, Any], Upstream]]:
    """Read the upstreams that have no mistake: their sources are read with them.

    Args:
        data: the file's tables.
        context: that of the file's validation.
    """
    read = {}
    for name, table in tables_in(data, "upstreams"):
        known = {key: value for key, value in table.items() if key in Upstream.accepted()}
        with suppress(ValidationError):
            read[name] = known, Upstream.model_validate(known, context=context)
    return read


def databases_in(data: dict[str, Any], context: dict[str, Any]) -> dict[str, "Database"]:
    """Read the databases that have no mistake; otherwise as `upstreams_in`."""
    read = dict[str, "Database"]()
    for name, table in tables_in(data, "databases"):
        from fanin.config.databases import Database  # noqa: PLC0415 - no part of the cold start of a file without one

        with suppress(ValidationError):
            read[name] = Database.model_validate(table, context=context)
            read[name].take_name(name)
    return read
