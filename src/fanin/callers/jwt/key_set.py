"""The public keys of an issuer, read from a JSON Web Key Set (RFC 7517, RFC 7518, RFC 8037)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from fanin.callers.jwt.algorithms import PublicKey, Verify, verifiers
from fanin.callers.jwt.base64url import decoded
from fanin.callers.jwt.strict_json import strict_json

MAX_BYTES = 256_000
"""Bytes of a key set."""
MAX_KEYS = 100
"""Keys of a key set."""
MAX_KID = 256
"""Characters of a key's name."""
RSA_BITS = (2048, 8192)
"""The least and the most bits of an RSA key: at least as RFC 7518 asks, and at most what is checked in 0.3 ms."""

_LARGEST_EXPONENT = 2**32
_CURVES: dict[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}


class BadKeySet(ValueError):
    """It is no key set, or has no key that can be used; the text says why."""


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys that check signatures.

    Args:
        named: what checks them, by the key's name and the algorithm.
        only: by the algorithm, where a single key of the set fits it: for tokens that name none.
        names: the names of keys.
        digest: of the text that they were read from.
    """

    named: Mapping[tuple[str, str], Verify]
    only: Mapping[str, Verify]
    names: frozenset[str]
    digest: bytes

    @classmethod
    def read(cls, text: bytes, algorithms: Collection[str]) -> Self:
        """Read a key set; keys for another use, of another type, and broken ones are left out.

        Args:
            text: the key set.
            algorithms: those that are taken.

        Raises:
            BadKeySet: it is too large or no key set, or no key of it can be used.
        """
        named: dict[tuple[str, str], Verify] = {}
        fitting: dict[str, list[Verify]] = {}
        for key in _listed(text):
            try:
                found = _verifiers(key, algorithms)
            except (ValueError, TypeError):  # one that nobody can use; TypeError: a member has another type
                continue
            for algorithm, verify in found.items():
                fitting.setdefault(algorithm, []).append(verify)
                if "kid" in key:
                    named.setdefault((key["kid"], algorithm), verify)
        if not fitting:
            raise BadKeySet("the key set has no key for the algorithms that are taken")
        only = {algorithm: found[0] for algorithm, found in fitting.items() if len(found) == 1}
        return cls(named, only, frozenset(name for name, _ in named), sha256(text).digest())

    def verifier(self, kid: str | None, algorithm: str) -> Verify | None:
        """Give what checks a token's signature; None if there is no such key.

        Args:
            kid: the name of the key; None if the token names none.
            algorithm: the token's.
        """
        return self.only.get(algorithm) if kid is None else self.named.get((kid, algorithm))


def _listed(text: bytes) -> list[Mapping[str, Any]]:
    if len(text) > MAX_BYTES:
        raise BadKeySet(f"the key set has over {MAX_BYTES} bytes")
    try:
        document: Any = strict_json(text)
    except ValueError as error:
        raise BadKeySet("the key set is not JSON, or not clear JSON") from error
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise BadKeySet("it is no key set: it has no list of keys")
    if len(keys) > MAX_KEYS:
        raise BadKeySet(f"the key set has over {MAX_KEYS} keys")
    return [key for key in keys if isinstance(key, dict)]


def _verifiers(key: Mapping[str, Any], algorithms: Collection[str]) -> dict[str, Verify]:
    """Give what checks signatures with a key, by algorithm.

    Raises:
        ValueError, TypeError: it is none that checks signatures.
    """
    kid, uses = key.get("kid", ""), key.get("key_ops", ["verify"])
    if not isinstance(kid, str) or len(kid) > MAX_KID:
        raise ValueError("its name is none")
    if key.get("use", "sig") != "sig" or not isinstance(uses, list) or "verify" not in uses:
        raise ValueError("it is for something else")
    if "d" in key or "k" in key:
        raise ValueError("it is no public key")  # whoever reads it could sign
    own = algorithms if "alg" not in key else {key["alg"]}.intersection(algorithms)
    return verifiers(_public_key(key), own)


def _public_key(key: Mapping[str, Any]) -> PublicKey:
    match key.get("kty"), key.get("crv"):
        case "RSA", _:
            n, e = int.from_bytes(_bytes(key, "n")), int.from_bytes(_bytes(key, "e"))
            least, most = RSA_BITS
            if not least <= n.bit_length() <= most or e >= _LARGEST_EXPONENT:
                raise ValueError("it is too short or too long")
            return RSAPublicNumbers(e, n).public_key()
        case "EC", str(name) if name in _CURVES:
            curve, x, y = _CURVES[name], _bytes(key, "x"), _bytes(key, "y")
            if {len(x), len(y)} != {(curve.key_size + 7) // 8}:
                raise ValueError("its numbers have another size than its curve")
            return ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), curve).public_key()
        case "OKP", "Ed25519":
            return Ed25519PublicKey.from_public_bytes(_bytes(key, "x"))
    raise ValueError("its type is unknown")


def _bytes(key: Mapping[str, Any], member: str) -> bytes:
    text = key.get(member)
    if not isinstance(text, str):
        raise TypeError(f"{member} is no text")
    return decoded(text.encode())
