"""The roots that browsers trust, each in a file of its own, where OpenSSL finds one by the hash of its name.

A function then starts without reading them all, which takes longer than all of its own modules: the first handshake
with a server reads the one root that it needs. What OpenSSL calls a hash comes from pyOpenSSL, which sam's tools have.
"""

import re
import subprocess
from collections import Counter
from pathlib import Path

from fanin.local.layout import ROOT
from fanin.sources.tls import HASHED_ROOTS

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n")
_HASHES = """
import sys
from OpenSSL.crypto import FILETYPE_PEM, load_certificate
for pem in sys.stdin.read().split("\\n\\n"):
    print(f"{load_certificate(FILETYPE_PEM, pem.encode()).subject_name_hash():08x}")
"""
_SAM_PYTHON = ROOT / ".tools/sam/bin/python"


def hashed(authorities: bytes, folder: Path) -> int:
    """Write certificates into a folder as OpenSSL looks for them (openssl-rehash): `<hash>.<number>`.

    Args:
        authorities: the certificates, in PEM.
        folder: where they go; made if it is not there.

    Returns:
        how many they are.
    """
    certificates = _CERTIFICATE.findall(authorities)
    told = subprocess.run(
        [_SAM_PYTHON, "-c", _HASHES], input=b"\n".join(certificates).strip(), stdout=subprocess.PIPE, check=True
    )
    folder.mkdir(parents=True, exist_ok=True)
    same = Counter[str]()
    for name, certificate in zip(told.stdout.decode().split(), certificates, strict=True):
        (folder / f"{name}.{same[name]}").write_bytes(certificate)
        same[name] += 1
    return len(certificates)


def write(folder: Path) -> None:
    """Write the roots of the certifi in a folder of packages beside it, if there is one."""
    roots = folder / "certifi/cacert.pem"
    if roots.exists():
        hashed(roots.read_bytes(), folder / HASHED_ROOTS)
