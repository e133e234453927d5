"""Hostile tokens: made of good ones, or signed with the issuer's own keys."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from fanin.callers.jwt.verify import MAX_TOKEN
from tests.callers.jwt.tokens import (
    AUDIENCE,
    CLAIMS,
    ISSUER,
    NOW,
    SKEW,
    TAKEN,
    coded,
    good,
    header_of,
    jwks,
    key_for,
    signature,
    signed,
    uncoded,
)


def each(name: str, *values: Any) -> dict[str, dict[str, Any]]:
    """Give a case for each value of a claim, or of a member of the header."""
    return {f"{name} {value!r:.40}": {name: value} for value in values}


BAD_CLAIMS: dict[str, dict[str, Any]] = {
    **each("exp", NOW - SKEW, NOW - 86_400, 0, -1, "", str(NOW + 300), None, [NOW + 300], {"a": 1}, ...),
    **each("nbf", NOW + SKEW + 1, NOW + 86_400, str(NOW - 10), None, []),
    **each("iat", NOW + SKEW + 1, 2**53, str(NOW - 10), None, {}),
    **each("iss", f"{ISSUER}/", ISSUER.upper(), f"{ISSUER}.evil.example", ISSUER[:-1], "http" + ISSUER[5:]),
    **each("iss", "", None, [ISSUER], {ISSUER: 1}, ...),
    **each("aud", f"{AUDIENCE}/", AUDIENCE.upper(), AUDIENCE[:-1], "", None, "*", 1),
    **each("aud", [], ["other"], [AUDIENCE, 1], [[AUDIENCE]], {AUDIENCE: 1}, ...),
    "aud of another beside a fitting client_id": {"aud": "other", "client_id": AUDIENCE},
    "no aud beside a list of clients": {"aud": ..., "client_id": [AUDIENCE, 7]},
    **{f"{name}, a boolean": {name: True} for name in ("exp", "nbf", "iat", "iss", "aud", "sub", "scope")},
    **each("sub", 7, "", None, ["ada"], ...),
    **each("scope", 7, None, {"a": 1}, [["a"]]),
    "scp with a number": {"scope": ..., "scp": ["a", 7]},
}

BAD_HEADERS: dict[str, dict[str, Any]] = {
    **each("kid", "../../dev/null", "/dev/null", "' OR 1=1 --", "", "\0", "a" * 5000, "https://evil.example/key"),
    **each("kid", "ISSUER-RSA", "issuer-rsa ", "issuer\u2010rsa", 0, None, ["issuer-rsa"], {"kid": "issuer-rsa"}),
    **each("typ", "JOSE", "dpop+jwt", "logout+jwt", "secevent+jwt", "", None, 7, ["JWT"]),
    **each("alg", "none", "None", "NONE", "nOnE", "", None, 7, ["RS256"], "rs256", "RS256 ", ...),
    **each("alg", "RS1", "RSA-OAEP", "dir", "ES256K", "RS512", "PS384", "HS256"),
    **{f"{name}, a boolean": {name: True} for name in ("kid", "typ", "alg", "crit")},
    **each("cty", "JWT", "text/plain"),
    **each("crit", ["exp"], ["b64"], [], None, "exp", ["alg", "kid"]),
    "a payload that is not encoded": {"crit": ["b64"], "b64": False},
    "b64 without crit": {"b64": False},
}


def hostile_ones() -> Iterator[tuple[str, str]]:
    """Give tokens that are to be refused, each with its name."""
    for algorithm in TAKEN:
        for maker in (_claims, _headers, _changed, _re_signed, _doubled, _shapes):
            yield from ((f"{algorithm}: {name}", token) for name, token in maker(algorithm))
    yield from _confused()


def _claims(algorithm: str) -> Iterator[tuple[str, str]]:
    """Signed by the issuer itself: only what they say is wrong."""
    yield from ((name, good(algorithm, claims)) for name, claims in BAD_CLAIMS.items())
    for name, payload in {
        "no object": b'["iss"]',
        "a text": b'"iss"',
        "null": b"null",
        "nothing": b"",
        "no JSON": b"{",
        "a mark before": b"\xef\xbb\xbf" + json.dumps(CLAIMS).encode(),
        "broken UTF-8": json.dumps(CLAIMS).encode()[:-1] + b', "a": "\xff"}',
        "half a pair of surrogates": json.dumps(CLAIMS).encode()[:-1] + b', "a": "\\ud800"}',
        "an end that is infinite": json.dumps(CLAIMS | {"exp": 1}).replace('"exp": 1', '"exp": 1e999').encode(),
        "an end that is no number": json.dumps(CLAIMS | {"exp": 1}).replace('"exp": 1', '"exp": NaN').encode(),
        "a number of 5,000 digits": json.dumps(CLAIMS)[:-1].encode() + b', "a": ' + b"9" * 5000 + b"}",
        "200 levels": json.dumps(CLAIMS)[:-1].encode() + b', "a": ' + b"[" * 200 + b"]" * 200 + b"}",
        "5,000 levels": json.dumps(CLAIMS)[:-1].encode() + b', "a": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        "5,000 objects that do not end": json.dumps(CLAIMS)[:-1].encode() + b', "a": ' + b'{"":' * 2500,
        "two texts": json.dumps(CLAIMS).encode() * 2,
    }.items():
        yield f"claims: {name}", signed(header_of(algorithm), payload, key_for(algorithm), algorithm)


def _headers(algorithm: str) -> Iterator[tuple[str, str]]:
    """Signed by the issuer itself, with the key that fits: only the header is wrong."""
    for name, members in BAD_HEADERS.items():
        if members.get("alg") != algorithm:
            yield name, good(algorithm, **members)
    for name, header in {"no object": b"[]", "nothing": b"", "no JSON": b"{", "5,000 levels": b"[" * 5000}.items():
        yield f"header: {name}", signed(header, CLAIMS, key_for(algorithm), algorithm)


def _changed(algorithm: str) -> Iterator[tuple[str, str]]:
    """Good ones, of which a part is changed without the key."""
    head, body, proof = good(algorithm).split(".")
    raw = uncoded(proof)
    for place in (0, len(raw) // 2, len(raw) - 1):
        yield f"byte {place} of the signature", f"{head}.{body}.{coded(_flipped(raw, place))}"
    for name, changed in {
        "no": b"",
        "half a": raw[: len(raw) // 2],
        "a shorter": raw[:-1],
        "a longer": raw + b"\0",
        "a": b"\0" * len(raw),
        "a high": b"\xff" * len(raw),
        "a doubled": raw * 2,
        "an inner null in the": raw[: len(raw) // 2] + b"\0" + raw[len(raw) // 2 :],
    }.items():
        yield f"{name} signature", f"{head}.{body}.{coded(changed)}"
    others: dict[str, dict[str, Any]] = {
        "subject": {"sub": "root"},
        "end": {"exp": NOW + 10**6},
        "scope": {"scope": "a"},
    }
    for name, claims in others.items():
        yield f"another {name}", f"{head}.{coded(json.dumps({**CLAIMS, **claims}).encode())}.{proof}"
    yield "another header", f"{coded(json.dumps(header_of(algorithm, a=1)).encode())}.{body}.{proof}"
    yield "header and claims changed about", f"{body}.{head}.{proof}"


def _re_signed(algorithm: str) -> Iterator[tuple[str, str]]:
    """Signed with another's key, which some of them bring along."""
    theirs = key_for(algorithm, "evil")
    public = theirs.as_dict(private=False)
    brought: dict[str, dict[str, Any]] = {
        "the issuer's kid": {},
        "their own kid": {"kid": theirs.kid},
        "no kid": {"kid": ...},
        "their key inside": {"jwk": public},
        "their key inside and its kid": {"jwk": public, "kid": theirs.kid},
        "the URL of their keys": {"jku": "https://evil.example/jwks.json"},
        "the URL of their certificate": {"x5u": "https://evil.example/cert.pem", "kid": theirs.kid},
        "a certificate": {"x5c": ["MIIB"]},
    }
    for name, members in brought.items():
        head = {name: value for name, value in header_of(algorithm, **members).items() if value is not ...}
        yield f"another's key, {name}", signed(head, CLAIMS, theirs, algorithm)
    for other in TAKEN:
        if key_for(other) is not key_for(algorithm):
            head = header_of(other, kid=key_for(algorithm).kid)
            yield f"the key of {algorithm} named for {other}", signed(head, CLAIMS, key_for(other), other)
            break


def _doubled(algorithm: str) -> Iterator[tuple[str, str]]:
    """Signed by the issuer, with a member that comes twice: readers differ in which counts."""
    claims, header = json.dumps(CLAIMS), json.dumps(header_of(algorithm))
    for name, text in {
        "exp": claims[:-1] + f', "exp": {NOW + 300}}}',
        "iss": '{"iss": "https://evil.example", ' + claims[1:],
        "sub, written otherwise": claims[:-1] + ', "s\\u0075b": "root"}',
        "a member of a member": claims[:-1] + ', "a": [{"b": {"c": 1, "c": 2}}]}',
    }.items():
        yield f"two of {name}", signed(header_of(algorithm), text.encode(), key_for(algorithm), algorithm)
    for name, text in {
        "alg": '{"alg": "none", ' + header[1:],
        "kid": header[:-1] + ', "kid": "evil"}',
    }.items():
        yield f"two of {name}", signed(text.encode(), CLAIMS, key_for(algorithm), algorithm)


def _shapes(algorithm: str) -> Iterator[tuple[str, str]]:
    """Other forms than three parts in base64url, each in its one way of writing it."""
    token = good(algorithm)
    head, body, proof = token.split(".")
    shapes = {
        "nothing": "",
        "dots": "..",
        "one part": head,
        "two parts": f"{head}.{body}",
        "four parts": f"{token}.{proof}",
        "five parts, as an encrypted one has": f"{head}.{body}.{proof}.{proof}.{proof}",
        "a dot before": f".{token}",
        "a dot behind": f"{token}.",
        "a blank behind": f"{token} ",
        "a line behind": f"{token}\n",
        "a blank inside": f"{head} .{body}.{proof}",
        "a line inside": f"{head}.{body[:10]}\n{body[10:]}.{proof}",
        "padding": f"{head}.{body}.{proof}=",
        "more padding": f"{head}.{body}.{proof}==",
        "padding of the header": f"{head}=.{body}.{proof}",
        "the other alphabet": f"{head}.{body}.+{proof[1:]}",
        "other characters": f"{head}.{body}.{proof[:5]}!{proof[5:]}",
        "a character beyond ASCII": f"{head}.{body}.{proof}é",
        "a null": f"{head}.{body}.{proof}\0",
        "bits that nothing reads": _with_other_last_bits(token),
        "JSON in the place of a token": json.dumps({"protected": head, "payload": body, "signature": proof}),
        "too large": good(algorithm, {"a": "a" * MAX_TOKEN}),
        "a token in a token": signed(header_of(algorithm), token.encode(), key_for(algorithm), algorithm),
    }
    yield from ((f"shape: {name}", shape) for name, shape in shapes.items())


def _confused() -> Iterator[tuple[str, str]]:
    """Signed with what everybody knows of a public key, as if that were a shared secret."""
    for algorithm in ("RS256", "ES256", "EdDSA"):
        key = key_for(algorithm)
        public: Any = key.raw_value.public_key() if hasattr(key.raw_value, "public_key") else key.raw_value
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        pem = public.public_bytes(serialization.Encoding.PEM, spki)
        secrets = {
            "PEM": pem,
            "PEM without its end": pem.strip(),
            "DER": public.public_bytes(serialization.Encoding.DER, spki),
            "JWK": json.dumps(key.as_dict(private=False)).encode(),
            "key set": jwks(),
            "kid": str(key.kid).encode(),
            "no": b"",
        }
        for named in ("HS256", "HS384", "HS512", algorithm):
            for name, secret in secrets.items():
                header = header_of(algorithm, alg=named)
                text = f"{coded(json.dumps(header).encode())}.{coded(json.dumps(CLAIMS).encode())}"
                digest = {"HS384": hashlib.sha384, "HS512": hashlib.sha512}.get(named, hashlib.sha256)
                proof = coded(hmac.digest(secret, text.encode(), digest))
                yield f"{named} by the {name} of {algorithm}", f"{text}.{proof}"
    key = key_for("ES256")
    text = good("ES256").rpartition(".")[0]
    raw = signature(text, key, "ES256")
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    yield "a signature of ECDSA in DER", f"{text}.{coded(der)}"


def _flipped(text: bytes, place: int) -> bytes:
    return text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :]


def _with_other_last_bits(token: str) -> str:
    """Write a part otherwise that decodes to the same bytes, for readers that are not strict."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    parts = token.split(".")
    place = next((place for place in (2, 1, 0) if len(parts[place]) % 4), None)
    if place is None:
        return token + "="
    parts[place] = parts[place][:-1] + alphabet[alphabet.index(parts[place][-1]) + 1]
    assert uncoded(parts[place]) == uncoded(token.split(".")[place])
    return ".".join(parts)
