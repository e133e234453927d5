"""TLS towards sources."""

import ssl

import certifi


def tls_context(ca_file: str = "") -> ssl.SSLContext:
    """Make the context that every source shares: loading the roots is what costs, some 20 ms.

    Args:
        ca_file: certificates to trust in place of the public roots, in PEM.
    """
    return ssl.create_default_context(cafile=ca_file or certifi.where())
