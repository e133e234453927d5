"""Good tokens, signed by joserfc."""

import base64
import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from fanin.callers.jwt.key_set import KeySet
from fanin.config.callers.jwt import ALGORITHMS, Jwt

ISSUER = "https://login.example.com"
AUDIENCE = "https://api.example.com"
NOW = 1_800_000_000
SKEW = 60
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "ada",
    "exp": NOW + 300,
    "nbf": NOW - 10,
    "iat": NOW - 10,
    "scope": "orders:read orders:write",
    "name": "Ada Lovelace",
}
SAID = {**CLAIMS, "scopes": ["orders:read", "orders:write"]}
"""What is known of a caller by these claims."""
TAKEN = ("RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""The algorithms that the tests' table takes; the others sign with the same keys, and are refused."""


@cache
def key_for(algorithm: str, owner: str = "issuer") -> Key:
    """Give the private key of an owner that signs by an algorithm; RS and PS share one, as with many issuers."""
    kind = {"RS": "rsa", "PS": "rsa", "Ed": "okp"}.get(algorithm[:2], algorithm.lower())
    return _key(kind, f"{owner}-{kind}")


@cache
def _key(kind: str, kid: str) -> Key:
    options: Any = {"kid": kid}
    match kind:
        case "rsa":
            return RSAKey.generate_key(2048, options)
        case "okp":
            return OKPKey.generate_key("Ed25519", options)
    return ECKey.generate_key({"es256": "P-256", "es384": "P-384", "es512": "P-521"}[kind], options)


@cache
def key_set() -> KeySet:
    """Give the issuer's public keys."""
    return KeySet.read(jwks(), ALGORITHMS)


def jwks() -> bytes:
    """Write the issuer's key set."""
    keys = {key_for(algorithm).kid: key_for(algorithm) for algorithm in ALGORITHMS}
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys.values()]}).encode()


def settings(**told: Any) -> Jwt:
    """Make a table of a caller."""
    return Jwt.model_validate({"issuer": ISSUER, "audience": AUDIENCE, "algorithms": TAKEN, **told})


def coded(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def uncoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signed(header: Mapping[str, Any] | bytes, payload: Mapping[str, Any] | bytes, key: Key, algorithm: str) -> str:
    """Sign any bytes at all: header and payload are written as they are given."""
    head, body = (each if isinstance(each, bytes) else json.dumps(each).encode() for each in (header, payload))
    text = f"{coded(head)}.{coded(body)}"
    return f"{text}.{coded(signature(text, key, algorithm))}"


def signature(text: str, key: Key, algorithm: str) -> bytes:
    """Sign a text by joserfc, which warns of the old name of Ed25519."""
    algorithm = "Ed25519" if algorithm == "EdDSA" else algorithm
    return jws.JWSRegistry(algorithms=[algorithm]).get_alg(algorithm).sign(text.encode(), key)


def header_of(algorithm: str, **more: Any) -> dict[str, Any]:
    return {"alg": algorithm, "kid": key_for(algorithm).kid, "typ": "JWT", **more}


def good(algorithm: str, claims: Mapping[str, Any] = {}, **header: Any) -> str:
    """Sign claims as the issuer does; a claim, or a member of the header, that is `...` is left out."""
    told = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not ...}
    head = {name: value for name, value in header_of(algorithm, **header).items() if value is not ...}
    return signed(head, told, key_for(algorithm), algorithm)


GOOD_CLAIMS: dict[str, dict[str, Any]] = {
    "as they are": {},
    "audience in a list": {"aud": ["https://other.example.com", AUDIENCE]},
    "client_id in the place of aud": {"aud": ..., "client_id": AUDIENCE},
    "no nbf and no iat": {"nbf": ..., "iat": ...},
    "times with a fraction": {"exp": NOW + 300.5, "iat": NOW - 0.5},
    "just expired": {"exp": NOW - SKEW + 1},
    "valid in a moment": {"nbf": NOW + SKEW, "iat": NOW + SKEW},
    "a client in the place of a subject": {"sub": ..., "client_id": "nightly"},
    "no scopes": {"scope": ...},
    "scopes at scp": {"scope": ..., "scp": "a b"},
    "a list of scopes": {"scope": ..., "scp": ["a", "b"]},
    "an empty scope": {"scope": ""},
    "texts beyond ASCII": {"name": "Ада Лавлейс 🙂"},
    "objects in objects": {"realm_access": {"roles": ["a", "b"]}, "resources": [{"id": n} for n in range(150)]},
    "an end far away": {"exp": 2**53},
    "a large number": {"employee": 2**63},
}
GOOD_HEADERS: dict[str, dict[str, Any]] = {
    "an access token": {"typ": "at+jwt"},
    "a whole media type": {"typ": "application/at+JWT"},
    "no type": {"typ": ...},
    "a thumbprint beside": {"x5t": "dGh1bWI"},
    "a URL of keys that nobody follows": {"jku": "https://evil.example/jwks.json"},
}


def good_ones() -> Iterator[tuple[str, str]]:
    """Give tokens that are to be taken, each with its name."""
    for algorithm in TAKEN:
        yield from ((f"{algorithm}: {name}", good(algorithm, claims)) for name, claims in GOOD_CLAIMS.items())
        yield from ((f"{algorithm}: {name}", good(algorithm, **header)) for name, header in GOOD_HEADERS.items())
