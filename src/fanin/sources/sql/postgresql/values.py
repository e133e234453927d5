"""Values of PostgreSQL as texts, which it reads and writes itself, so that both drivers agree about each of them."""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import orjson

from fanin.config.template import written
from fanin.config.values import Json

type Read = Callable[[str], Any]
"""Gives what `orjson` writes for the text of a value."""

BEGIN = "begin transaction {}; set local statement_timeout = {}; " + "; ".join(
    f"set local {name} = '{value}'"
    for name, value in {
        "client_min_messages": "error",
        "timezone": "UTC",
        "datestyle": "ISO",
        "intervalstyle": "iso_8601",
        "bytea_output": "hex",
        "extra_float_digits": "1",
    }.items()
)
"""What each transaction begins with: how it may be used, its time in milliseconds, and how values are written.
Nobody reads notices."""
TEXTUAL = (
    "select oid::int8 from pg_catalog.pg_type where oid = any(cast($1::text as oid[]))"
    " and (typtype = 'e' or (typtype = 'b' and typcategory = 'S'))"
)
"""Which types that PostgreSQL has not of itself are texts: enumerations, and extensions' kinds of text."""

_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9:.]++)(\+00)?")


def _number(text: str) -> float | str:
    return text if text.endswith(("NaN", "Infinity")) else float(text)


def _moment(text: str) -> str:
    """Write a timestamp as RFC 3339 does; what is beyond its years, or infinite, stays as PostgreSQL writes it."""
    if found := _MOMENT.fullmatch(text):
        return f"{found[1]}T{found[2]}{'Z' if found[3] else ''}"
    return text


def _bytes(text: str) -> str:
    return b64encode(bytes.fromhex(text.removeprefix("\\x"))).decode()


def _nothing(_: str) -> None:
    return None


READS: Mapping[str, Read] = MappingProxyType(
    {
        "bool": lambda text: text == "t",
        **dict.fromkeys(("int2", "int4", "int8", "oid"), int),
        **dict.fromkeys(("float4", "float8"), _number),
        **dict.fromkeys(("json", "jsonb"), orjson.Fragment),
        **dict.fromkeys(("timestamp", "timestamptz"), _moment),
        "bytea": _bytes,
        "void": _nothing,
        **dict.fromkeys(("text", "varchar", "bpchar", "name", "uuid", "numeric", "money", "xml"), str),
        **dict.fromkeys(("date", "time", "timetz", "interval", "bit", "varbit"), str),
        **dict.fromkeys(("inet", "cidr", "macaddr", "macaddr8"), str),
    }
)
"""How the text of each type is read. A type without an entry has no form as JSON."""


def parameter(value: Json) -> str | list[Any] | None:
    """Give a parameter as text, a list as a list of such; PostgreSQL reads it as the type that it infers."""
    match value:
        case None | str():
            return value
        case list():
            return [parameter(item) for item in value]
        case dict():
            return orjson.dumps(value).decode()
    return written(value)


def literal(value: str | list[Any] | None) -> str | None:
    """Write a parameter as one text: a list as the literal of an array."""
    return _array(value) if isinstance(value, list) else value


def _array(items: list[Any]) -> str:
    written_items = []
    for item in items:
        if isinstance(item, list):
            written_items.append(_array(item))
        elif item is None:
            written_items.append("NULL")
        else:
            escaped = item.replace("\\", "\\\\").replace('"', '\\"')
            written_items.append(f'"{escaped}"')
    return "{" + ",".join(written_items) + "}"
