"""The signatures of RFC 7518 and RFC 8037 that are made with a private key, checked by pyca/cryptography."""

from collections.abc import Callable, Collection

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm

type PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey
type Verify = Callable[[bytes, bytes], bool]
"""Tells whether a signature, the first, is that of a key for what was signed, the second."""

_HASHES: dict[str, HashAlgorithm] = {"256": SHA256(), "384": SHA384(), "512": SHA512()}
_CURVES = {"ES256": "secp256r1", "ES384": "secp384r1", "ES512": "secp521r1"}
_EDWARDS = frozenset({"EdDSA", "Ed25519"})


def fits(algorithm: str, key: PublicKey) -> bool:
    """Whether an algorithm signs with keys of this type, and of this curve."""
    match key:
        case RSAPublicKey():
            return algorithm.startswith(("RS", "PS"))
        case EllipticCurvePublicKey():
            return _CURVES.get(algorithm) == key.curve.name
        case Ed25519PublicKey():
            return algorithm in _EDWARDS


def verifiers(key: PublicKey, algorithms: Collection[str]) -> dict[str, Verify]:
    """Give what checks signatures with a key, by the name of each of the algorithms that fits it."""
    return {name: _verifier(name, key) for name in algorithms if fits(name, key)}


def _verifier(algorithm: str, key: PublicKey) -> Verify:
    match key:
        case RSAPublicKey():
            return _rsa(key, algorithm)
        case EllipticCurvePublicKey():
            return _ecdsa(key, _HASHES[algorithm[2:]])
        case Ed25519PublicKey():
            return _told(key.verify)


def _rsa(key: RSAPublicKey, algorithm: str) -> Verify:
    digest = _HASHES[algorithm[2:]]
    pss = algorithm.startswith("PS")
    padding: AsymmetricPadding = PSS(MGF1(digest), digest.digest_size) if pss else PKCS1v15()
    return _told(lambda signature, signed: key.verify(signature, signed, padding, digest))


def _ecdsa(key: EllipticCurvePublicKey, digest: HashAlgorithm) -> Verify:
    size, scheme = (key.curve.key_size + 7) // 8, ECDSA(digest)

    def verify(signature: bytes, signed: bytes) -> None:
        if len(signature) != 2 * size:  # two numbers of the curve's size (RFC 7518, section 3.4)
            raise InvalidSignature
        r, s = int.from_bytes(signature[:size]), int.from_bytes(signature[size:])
        key.verify(encode_dss_signature(r, s), signed, scheme)

    return _told(verify)


def _told(verify: Callable[[bytes, bytes], None]) -> Verify:
    def told(signature: bytes, signed: bytes) -> bool:
        try:
            verify(signature, signed)
        except InvalidSignature:
            return False
        return True

    return told
