"""Warnings of credentials that more can see than have to."""

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from fanin.config.format import Config
from fanin.config.source import Source
from fanin.errors import Finding


def exposed(config: Config) -> Iterator[Finding]:
    """Find credentials that stand in the file, and such as go over the wire in clear text."""
    for source in config.sources.values():
        for keys in source.auth.literals if source.auth else ():
            fix = f"Write {{!{source.name}_key}}, and set FANIN_SECRET_{source.name.upper()}_KEY"
            yield Finding("secret-in-file", ("sources", source.name, "auth", *keys), "it can be read in the file", fix)
        yield from _in_clear(source)


def _in_clear(source: Source) -> Iterator[Finding]:
    if not source.secrets and not source.auth:
        return
    for key, origin in source.origins.items():
        parts = urlsplit(origin)
        if parts.scheme == "http" and not _is_this_machine(parts.hostname or ""):
            message = "credentials go there in clear text"
            yield Finding("secret-in-clear", ("sources", source.name, key), message, "Write https")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
