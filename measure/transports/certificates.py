"""A certificate authority and one leaf, made for a run."""

import ssl
from dataclasses import dataclass
from pathlib import Path

NAME = "api.test"
"""A name that no resolver knows (RFC 2606), and that the leaf is for, beside localhost and 127.0.0.1."""


@dataclass(frozen=True)
class Trust:
    """What a client needs to believe the upstream."""

    context: ssl.SSLContext
    authority_pem: bytes


def make(folder: Path) -> tuple[Trust, Path]:
    """Return what clients trust, and the file with the upstream's key and chain."""
    import trustme  # here, since whoever only needs Trust must not pay for it

    authority = trustme.CA()
    leaf = authority.issue_cert(NAME, "localhost", "127.0.0.1")
    chain = folder / "upstream.pem"
    leaf.private_key_and_cert_chain_pem.write_to_path(str(chain))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return Trust(context, authority.cert_pem.bytes()), chain
