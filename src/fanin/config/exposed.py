"""Warnings of credentials that more can see than have to."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from fanin.config.databases import Database
from fanin.config.finding import Finding
from fanin.config.format import Config
from fanin.config.kinds.http import HttpSource
from fanin.config.likely_secrets import is_secret
from fanin.config.source import Source
from fanin.config.template import Template
from fanin.config.tls import is_this_machine

_NAMED = frozenset(("url", "headers", "form"))
"""Keys of a source in which each text has a name: a parameter's, a header's, a field's."""


def exposed(config: Config) -> Iterator[Finding]:
    """Find credentials that stand in the file, and those that go over the wire in clear text."""
    for upstream in config.upstreams.values():
        yield from _in_file("upstreams", upstream)
        yield from _in_request("upstreams", upstream)
    for database in config.databases.values():
        yield from _in_clear_to_database(database)
    for source in config.sources.values():
        if "auth" not in source.inherited:
            yield from _in_file("sources", source)
        if isinstance(source, HttpSource):
            yield from _in_request("sources", source, config.upstreams.get(source.upstream or ""))
        yield from _in_clear(source)


def _in_clear_to_database(database: Database) -> Iterator[Finding]:
    url = database.url
    if url.password and not database.encrypted and not is_this_machine(url.host):
        message = "the password goes there in clear text, or as good as that"
        fix = 'Remove tls = "off"; for a certificate of your own write tls = { ca = "…" }'
        yield Finding("secret-in-clear", ("databases", database.name, "tls"), message, fix)


def _in_file(kind: str, table: Source) -> Iterator[Finding]:
    for keys in table.auth.literals if table.auth else ():
        yield _readable((kind, table.name, "auth", *keys), table.name)


def _in_request(kind: str, table: HttpSource, upstream: HttpSource | None = None) -> Iterator[Finding]:
    """Find credentials in the query, the headers and the form of a source, told by their names and what they look like.

    Args:
        kind: `sources` or `upstreams`.
        table: the source.
        upstream: its own, whose texts are found there.
    """
    theirs = set(upstream.texts_by_key) if upstream else set()
    for key, text in table.texts_by_key:
        if key[0] not in _NAMED or (key, text) in theirs or text.references:
            continue
        name, value = _pair(key, text)
        if is_secret(name, value):
            yield _readable((kind, table.name, *key), table.name, value)


def _pair(key: tuple[str, ...], text: Template) -> tuple[str, str]:
    """Give the name of a header, parameter or field, and its value without a scheme such as `Bearer`."""
    whole = "".join(map(str, text.pieces))
    name, _, value = (key[-1], "", whole) if len(key) > 1 else whole.partition("=")
    return name, value.rpartition(" ")[2] if name.lower() == "authorization" else value


def _readable(key: tuple[str, ...], name: str, part: str = "") -> Finding:
    fix = f"Write {{!{name}_key}}, and set FANIN_SECRET_{name.upper()}_KEY"
    return Finding("secret-in-file", key, "it can be read in the file", fix, part=part)


def _in_clear(source: Source) -> Iterator[Finding]:
    if not source.secrets and not source.auth:
        return
    for key, origin in source.origins_by_key.items():
        parts = urlsplit(origin)
        if parts.scheme == "http" and not is_this_machine(parts.hostname or ""):
            message = "credentials go there in clear text"
            yield Finding("secret-in-clear", ("sources", source.name, key), message, "Write https")
