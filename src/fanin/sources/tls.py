"""TLS towards sources."""

import os
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import certifi

HASHED_ROOTS = "fanin_roots"
"""The folder beside certifi in which a bundle has its roots one by one, so that OpenSSL reads what it needs."""


class TlsRefused(ValueError):
    """Certificates or a key of which no context can be made; the text says why, with nothing of them in it."""


def tls_context(ca_file: str = "") -> ssl.SSLContext:
    """Make the context that every source shares: loading the roots is what costs, some 20 ms outside a bundle.

    Args:
        ca_file: certificates to trust in place of the public roots, in PEM.
    """
    if ca_file:
        return ssl.create_default_context(cafile=ca_file)
    roots = certifi.where()
    one_by_one = Path(roots).parents[1] / HASHED_ROOTS
    if one_by_one.is_dir():
        return ssl.create_default_context(capath=one_by_one)
    return ssl.create_default_context(cafile=roots)


def own_tls_context(authorities: str = "", certificate: str = "", key: str = "") -> ssl.SSLContext:
    """Make the context of a source that has `tls`.

    Args:
        authorities: certificates to trust in place of the public roots, in PEM; empty for those.
        certificate: the chain of certificates that fanin shows, in PEM; empty for none.
        key: the private key of the first of them, in PEM.

    Raises:
        TlsRefused: there is no certificate or key in it, or they do not belong together.
    """
    try:
        context = ssl.create_default_context(cadata=_ascii(authorities).decode()) if authorities else tls_context()
    except ssl.SSLError:
        raise TlsRefused("ca has no certificate in PEM") from None
    if not certificate:
        return context
    try:
        with _file_of(certificate) as chain, _file_of(key) as secret:
            context.load_cert_chain(chain, secret, _no_password)
    except ssl.SSLError as error:
        belongs = error.reason == "KEY_VALUES_MISMATCH"
        reason = "key is not that of cert" if belongs else "cert or key has no certificate or key in PEM"
        raise TlsRefused(reason) from None
    return context


def _no_password() -> str:
    raise TlsRefused("key is encrypted")


def _ascii(pem: str) -> bytes:
    """Code PEM, which is ASCII; another character is a mistake, and makes one of what it stands in."""
    return pem.encode("ascii", errors="replace")


@contextmanager
def _file_of(pem: str) -> Iterator[str]:
    """Give the path of a file in memory, since OpenSSL reads chains and keys from files only.

    Where the system has none, it is on disk for a moment, for this user only.
    """
    if sys.platform == "linux":
        with os.fdopen(os.memfd_create("tls"), "wb") as file:
            file.write(_ascii(pem))
            file.flush()
            yield f"/proc/self/fd/{file.fileno()}"
    else:
        from tempfile import NamedTemporaryFile  # noqa: PLC0415 - no part of the cold start in Lambda

        with NamedTemporaryFile() as file:
            file.write(_ascii(pem))
            file.flush()
            yield file.name
