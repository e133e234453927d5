"""TLS to a server of PostgreSQL, whose address is one that was checked."""

import ssl
from typing import Any

import certifi

from fanin.config.databases import Database


def ca_file(database: Database) -> str:
    """Give the file of the certificates that are trusted."""
    return str(database.ca_file) if database.ca_file else certifi.where()


class NamedContext(ssl.SSLContext):
    """A context that verifies one name, whatever address the driver connects to and takes for the name."""

    host: str

    @classmethod
    def of(cls, database: Database) -> "NamedContext":
        """Make the context of a database."""
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(ca_file(database))
        context.host = database.url.host.rstrip(".")
        return context

    def wrap_bio(self, *args: Any, **options: Any) -> ssl.SSLObject:
        """Begin TLS, to the name of the database."""
        return super().wrap_bio(*args, **{**options, "server_hostname": self.host})
