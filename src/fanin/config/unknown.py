"""Keys of fanin.toml that no table has, and those that are missing: what to write."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from fanin.config.finding import Finding, Key
from fanin.config.format import Config, Endpoint
from fanin.config.kinds.register import KINDS, OF_ANY_KIND, kind_of, kinds_in
from fanin.config.kinds.upstream import Upstream
from fanin.config.mistake import nearest, shortened
from fanin.config.parameters import Parameter
from fanin.config.source import Source
from fanin.config.table import parts_of

_MISSING = {
    "fanin": "Write fanin = 1",
    "after": 'Add after = "200ms"',
    "audience": 'Add audience = "https://api.example.com", which is in the aud of its tokens',
    "by": 'Add by = "id", the field that is equal in an item and its row',
    "calls": "Add calls = 60",
    "database": 'Add database = "name", one of [databases]',
    "each": 'Add each = "id", the field of an item',
    "issuer": 'Add issuer = "https://login.example.com", the iss of its tokens',
    "next": 'Add next = "links.next", or an expression on the body such as "body.next"',
    "origins": 'Add origins = ["https://app.example.com"]',
    "path": 'Add path = "/name"',
    "query": 'Add query = "query { … }"',
    "row": 'Add row = "id", the field of a row',
    "size": "Add size = 50, the most items of one call",
    "sql": 'Add sql = "select …"',
    "source": 'Add source = "name", one of the endpoint\'s sources',
}
"""What to add, where an example says it best."""


def missing_key(key: Key, data: dict[str, Any]) -> Finding:
    """Say what to add."""
    fix = _MISSING.get(str(key[-1]), "Add it")
    if len(key) == 3 and _kind_at(key, data) and str(key[-1]) not in _MISSING:
        fix = f"Add it, or what another kind of source has: {', '.join(kind.kind for kind in KINDS[1:])}"
    return Finding("missing-key", key, "this key is missing", fix)


def _keys_around(key: Key, data: dict[str, Any]) -> frozenset[str]:
    """Give the keys that a key's table may have; of a source without a kind, also those that say one."""
    table = table_at(key, data)
    if not issubclass(table, Source):
        return frozenset(field.alias or name for name, field in table.model_fields.items())
    without_kind = key[0] == "sources" and len(key) == 3 and not kinds_in(data["sources"][key[1]])
    return table.accepted() | {kind.kind for kind in KINDS if without_kind}


def unknown_key(key: Key, data: dict[str, Any]) -> Finding:
    """Say what an unknown key may mean: one of another table, by the same name, or one that is spelled like it."""
    from fanin.config.meant_keys import instead_of  # noqa: PLC0415 - no part of the cold start of a file without one

    name, message = str(key[-1]), "unknown key"
    own = _keys_around(key, data)
    match key:
        case ("endpoints", _, "format"):
            message = "unknown key: an endpoint answers with JSON, or with a source's own bytes by passthrough"
            fix = "Remove it; what a source's API answers with is that source's format"
        case ("sources", _, "query") if "sql" in own:
            fix = "Write 'sql'"
        case _ if hint := instead_of(key, own):
            fix = hint
        case ("endpoints", endpoint, "parameters" as below, parameter, _) if name in Endpoint.model_fields:
            fix = f"It is the endpoint's: put it above [endpoints.{shortened(f'{endpoint}.{below}.{parameter}')}]"
        case ("endpoints", endpoint, _) if name in OF_ANY_KIND:
            fix = f"It is a source's: put it below [sources.…], not below [endpoints.{shortened(str(endpoint))}]"
        case ("sources", source, _) if name in Endpoint.model_fields:
            fix = f"It is an endpoint's: put it below [endpoints.…], not below [sources.{shortened(str(source))}]"
        case ("sources", source, *tables, _) if tables and name in OF_ANY_KIND - {"format", "url"}:
            fix = f"It is the source's: put it above [sources.{shortened('.'.join(map(str, (source, *tables))))}]"
        case ("endpoints" | "sources" | "upstreams", _, _) if name in Config.model_fields:
            fix = f"It is the file's: put it below [{name}]"
        case _:
            fix = nearest(name, sorted(own))
            if key[-2:-1] == ("fallback",) and not fix.startswith("Write"):
                fix = f"Put it below its value: fallback = {{ value = {{ {shortened(name)} = … }} }}"
    return Finding("unknown-key", key, message, fix)


def _kind_at(key: Sequence[str | int], data: dict[str, Any]) -> type[Source] | None:
    """Give the kind of the source in which a key stands; None for a key elsewhere."""
    match key:
        case ("sources", name, _, *_):
            table = data["sources"][name]
            return kind_of(table) if isinstance(table, dict) else KINDS[0]
    return None


def table_at(key: Sequence[str | int], data: dict[str, Any]) -> type[BaseModel]:
    """Give the model of the table in which a key stands."""
    kind = _kind_at(key, data)
    match key:
        case ("endpoints", _, "parameters", _, *tables, _):
            return _table_below(Parameter, tables)
        case ("sources", _, *tables, _) if kind:
            return _table_below(kind, tables)
        case ("endpoints" | "upstreams" as tables_of, _, *tables, _):
            return _table_below(Endpoint if tables_of == "endpoints" else Upstream, tables)
        case ("databases", _, *tables, _):
            from fanin.config.databases import Database  # noqa: PLC0415 - as in kinds/named.py

            return _table_below(Database, tables)
        case ("callers", _, *tables, _) | ("jobs" | "cors" | "api", *tables, _):
            return _table_below(Config, [key[0], *tables])
    return Config


def _table_below(table: type[BaseModel], path: Sequence[str | int]) -> type[BaseModel]:
    """Give the table to which a path leads from another, or the last on the way that is one."""
    for name in path:
        field = table.model_fields.get(str(name))
        table = next((part for part in parts_of(field) if issubclass(part, BaseModel)), table) if field else table
    return table
