"""Warnings of credentials that more can see than have to."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from fanin.config.databases import Database
from fanin.config.finding import Finding
from fanin.config.format import Config
from fanin.config.source import Source
from fanin.config.tls import is_this_machine


def exposed(config: Config) -> Iterator[Finding]:
    """Find credentials that stand in the file, and such as go over the wire in clear text."""
    for upstream in config.upstreams.values():
        yield from _in_file("upstreams", upstream)
    for database in config.databases.values():
        yield from _in_clear_to_database(database)
    for source in config.sources.values():
        if "auth" not in source.inherited:
            yield from _in_file("sources", source)
        yield from _in_clear(source)


def _in_clear_to_database(database: Database) -> Iterator[Finding]:
    url = database.url
    if url.password and not database.encrypted and not is_this_machine(url.host):
        message = "the password goes there in clear text, or as good as that"
        fix = 'Remove tls = "off"; for a certificate of your own write tls = { ca = "…" }'
        yield Finding("secret-in-clear", ("databases", database.name, "tls"), message, fix)


def _in_file(kind: str, table: Source) -> Iterator[Finding]:
    for keys in table.auth.literals if table.auth else ():
        fix = f"Write {{!{table.name}_key}}, and set FANIN_SECRET_{table.name.upper()}_KEY"
        yield Finding("secret-in-file", (kind, table.name, "auth", *keys), "it can be read in the file", fix)


def _in_clear(source: Source) -> Iterator[Finding]:
    if not source.secrets and not source.auth:
        return
    for key, origin in source.origins_by_key.items():
        parts = urlsplit(origin)
        if parts.scheme == "http" and not is_this_machine(parts.hostname or ""):
            message = "credentials go there in clear text"
            yield Finding("secret-in-clear", ("sources", source.name, key), message, "Write https")
