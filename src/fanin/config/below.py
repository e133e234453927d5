"""Warnings of keys of a source that stand below one of its tables, where TOML takes them for the table's."""

from collections.abc import Iterator
from dataclasses import replace

from fanin.config.finding import Finding
from fanin.config.format import Config
from fanin.config.kinds.http import HttpSource
from fanin.config.parts import Parts
from fanin.config.source import Source

_TELLING = frozenset(
    {
        *("after", "attempt_timeout", "auth", "cache", "circuit_breaker", "drop", "expect", "fallback", "for_each"),
        *("forward", "hedge", "idempotency_key", "invalidates", "max_bytes", "missing", "pages", "pick", "problem"),
        *("pick_response", "rate_limit", "redirects", "refresh", "retry", "separator", "status_from", "statuses"),
        *("timeout", "upstream", "when", "writes"),
    }
)
"""Keys of sources that hardly any form, body or header has."""


def keys_below(config: Config, parts: Parts) -> Iterator[Finding]:
    """Find the keys of sources and upstreams that stand behind `[sources.NAME.form]` and the like.

    Args:
        config: the checked configuration.
        parts: the files, which tell a table with a header of its own from one that is written inline.
    """
    tables_of = [*(("sources", each) for each in config.sources.values())]
    tables_of += [("upstreams", each) for each in config.upstreams.values()]
    for kind, source in tables_of:
        for table, names in _tables(source):
            above = (kind, source.name, table)
            for name in sorted(_TELLING & names):
                message = f"{name} stands below [{'.'.join(above)}], and is sent as a part of it"
                fix = f"Put it above [{'.'.join(above)}], if it is the {kind[:-1]}'s"
                found = parts.place(Finding("key-below", (*above, name), message, fix))
                table_line = parts.place(replace(found, key=above, line=0, file="")).line
                if found.line > table_line and parts.begins_with(found, name):
                    yield found


def _tables(source: Source) -> Iterator[tuple[str, frozenset[str]]]:
    """Name the tables of a source that take any key, with the keys that they have."""
    if isinstance(source.static, dict):
        yield "value", frozenset(source.static)
    if isinstance(source, HttpSource):
        yield "headers", frozenset(source.headers)
        if source.form:
            yield "form", frozenset(name for name, _ in source.form.fields)
        if source.body and isinstance(source.body.tree, dict):
            yield "body", frozenset(source.body.tree)
