"""The register of the kinds of sources, and how a source's table is read as one of them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationInfo

from fanin.config.kinds import DATABASES, UPSTREAMS
from fanin.config.kinds.compute import ComputeSource
from fanin.config.kinds.first_of import FirstOfSource
from fanin.config.kinds.http import HttpSource
from fanin.config.kinds.sql import SqlSource
from fanin.config.kinds.upstream import Upstream, joined
from fanin.config.kinds.value import ValueSource
from fanin.config.mistake import Mistake, quoted
from fanin.config.source import Source

if TYPE_CHECKING:
    from fanin.config.databases import Database

KINDS: tuple[type[Source], ...] = (HttpSource, ValueSource, ComputeSource, FirstOfSource, SqlSource)
"""Every kind. What has the key of no kind is read as the first, and lacks its key."""
OF_ANY_KIND = frozenset(key for kind in KINDS for key in kind.accepted())
"""The keys that sources have, whatever their kind."""


def kinds_in(table: Mapping[str, Any]) -> list[type[Source]]:
    """Give the kinds whose key a source's table has; a source has exactly one."""
    return [kind for kind in KINDS if kind.kind in table]


def kind_of(table: Mapping[str, Any]) -> type[Source]:
    """Give the kind of a source by its keys.

    Args:
        table: the source's table in fanin.toml.

    Raises:
        Mistake: it has the keys of several kinds.
    """
    found = kinds_in(table)
    if len(found) > 1:
        keys = " and ".join(kind.kind for kind in found)
        raise Mistake("two-kinds", f"{keys} each say what the source is", "Keep one of them")
    if found:
        return found[0]
    return next(kind for kind in KINDS if kind.kind == "sql") if "database" in table else KINDS[0]


def read_source(table: Any, info: ValidationInfo) -> Source:
    """Read a source's table as the kind that its keys say, with its upstream's or its database."""
    is_table = isinstance(table, dict)
    if is_table and kind_of(table) is SqlSource:
        return _read_sql(table, info)
    kind, name = kind_of(table) if is_table else KINDS[0], table.get("upstream") if is_table else None
    if kind is not HttpSource or not isinstance(name, str):
        return kind.model_validate(table, context=info.context)
    upstreams: Mapping[str, tuple[Mapping[str, Any], Upstream]] = (info.context or {}).get(UPSTREAMS, {})
    if name not in upstreams:
        raise Mistake("unknown-upstream", f"there is no upstream {quoted(name)}", "Define it in [upstreams]")
    defaults, upstream = upstreams[name]
    whole, inherited = joined(table, defaults)
    source = HttpSource.model_validate(whole, context=info.context)
    source.take_upstream(upstream, inherited)
    return source


def _read_sql(table: Mapping[str, Any], info: ValidationInfo) -> Source:
    source = SqlSource.model_validate(table, context=info.context)
    databases: Mapping[str, Database] = (info.context or {}).get(DATABASES, {})
    if source.database not in databases:
        message = f"there is no database {quoted(source.database)}"
        raise Mistake("unknown-database", message, "Define it in [databases]")
    source.take_database(databases[source.database])
    return source
