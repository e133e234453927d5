"""The TLS contexts of sources that have `tls`: certificates and keys are secrets, and may be replaced at any time."""

import ssl
from collections.abc import Mapping
from threading import Lock

from pydantic import SecretStr

from fanin.config.template import SecretReference
from fanin.config.tls import Certificates, Tls
from fanin.sources.tls import own_tls_context

type _Made = tuple[Mapping[str, SecretStr], ssl.SSLContext]


class OwnTls:
    """The contexts of this process; sources with the same settings share one, and their connections with it."""

    def __init__(self) -> None:
        self._made: dict[Tls, _Made] = {}
        self._lock = Lock()

    def context(self, settings: Tls, secrets: Mapping[str, SecretStr]) -> ssl.SSLContext:
        """Give the context of a source: made when it is first asked for, and anew if one of its secrets is another.

        Args:
            settings: the source's.
            secrets: the values of its secrets, and maybe of others.

        Raises:
            TlsRefused: no context can be made of them.
        """
        own = {name: secrets[name] for name in settings.secrets}
        with self._lock:
            made = self._made.get(settings)
            if made is None or made[0] != own:
                made = self._made[settings] = own, _context(settings, secrets)
            return made[1]


def _context(settings: Tls, secrets: Mapping[str, SecretStr]) -> ssl.SSLContext:
    def pem(part: SecretReference | Certificates | None) -> str:
        if isinstance(part, SecretReference):
            return secrets[part.name].get_secret_value()
        return part.pem if part else ""

    return own_tls_context(pem(settings.ca), pem(settings.cert), pem(settings.key))
