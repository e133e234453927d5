"""A signed token, checked: its form, its signature, and what it says (RFC 7515, RFC 7519, RFC 8725).

Nothing of a token is believed before its signature is checked, but which key and which algorithm that is to be checked
with; and these are looked up in what the file and the issuer say.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fanin.callers.jwt.base64url import decoded
from fanin.callers.jwt.key_set import MAX_KID, KeySet
from fanin.callers.jwt.strict_json import strict_json
from fanin.config.callers.jwt import Jwt
from fanin.config.values import Json

MAX_TOKEN = 16_384
"""Characters of a token."""

_TYPES = frozenset({"jwt", "at+jwt"})
"""What a token calls itself, if it does: any other kind is for something else (RFC 8725, section 3.11)."""


class TokenRefused(Exception):
    """A token is not taken. The text says why, in words of fanin's own, and has nothing of the token."""


class UnknownKey(TokenRefused):
    """The token names a key that the issuer's key set does not have."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a token says that was checked.

    Args:
        claims: its claims, with `sub`, who it is, and `scopes`, a list of texts from `scope` or `scp`. Without `sub` it
            is the client itself, as RFC 9068 has it in section 2.2.
        scopes: the same scopes.
        until: the moment, in seconds since 1970, from which it is not taken any more.
    """

    claims: Mapping[str, Json]
    scopes: frozenset[str]
    until: float


def verified(token: str, keys: KeySet, settings: Jwt, now: float) -> Verified:
    """Check a token.

    Args:
        token: a JSON Web Signature in the compact form.
        keys: those of the issuer.
        settings: whose tokens are taken.
        now: seconds since 1970.

    Raises:
        UnknownKey: it names a key that is not in `keys`.
        TokenRefused: it is not taken.
    """
    if len(token) > MAX_TOKEN or not token.isascii():
        raise TokenRefused("the token is too long, or not text")
    segments = token.encode().split(b".")
    if len(segments) != 3:
        raise TokenRefused("the token is no signed JSON Web Token")
    try:
        header, signature = strict_json(decoded(segments[0])), decoded(segments[2])
    except ValueError:
        raise TokenRefused("the token is no signed JSON Web Token") from None
    algorithm, kid = _header(header, settings)
    verify = keys.verifier(kid, algorithm)
    if verify is None:
        if kid is not None and kid not in keys.names:
            raise UnknownKey("the issuer has no such key")
        raise TokenRefused("no key of the issuer fits the token")
    if not verify(signature, b"%b.%b" % (segments[0], segments[1])):
        raise TokenRefused("the signature is wrong")
    try:
        claims = strict_json(decoded(segments[1]))
    except ValueError:
        raise TokenRefused("the claims are not JSON") from None
    return _claims(claims, settings, now)


def _header(header: Any, settings: Jwt) -> tuple[str, str | None]:
    """Give the algorithm, and the name of the key, if there is one."""
    if not isinstance(header, dict):
        raise TokenRefused("the token is no signed JSON Web Token")
    if header.keys() & {"crit", "b64"}:
        raise TokenRefused("the token asks for an extension that is not known")
    algorithm, kind, kid = header.get("alg"), header.get("typ", "JWT"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in settings.algorithms:
        raise TokenRefused("the algorithm is not one that is taken")
    if "cty" in header or not isinstance(kind, str) or kind.lower().removeprefix("application/") not in _TYPES:
        raise TokenRefused("the token is of another kind, or has another inside")
    if "kid" in header and (not isinstance(kid, str) or len(kid) > MAX_KID):
        raise TokenRefused("the name of the key is none")
    return algorithm, kid


def _claims(claims: Any, settings: Jwt, now: float) -> Verified:
    if not isinstance(claims, dict):
        raise TokenRefused("the claims are no object")
    if claims.get("iss") != settings.issuer:
        raise TokenRefused("the token is from another issuer")
    # Access tokens of some issuers, such as Cognito's, name the client that they were given to, and no audience.
    told = claims["aud"] if "aud" in claims else claims.get("client_id")
    audiences = told if isinstance(told, list) else [told]
    if not all(isinstance(each, str) for each in audiences) or not set(settings.audience).intersection(audiences):
        raise TokenRefused("the token is for another audience")
    if "exp" not in claims:
        raise TokenRefused("the token has no end")
    until = _time(claims, "exp") + settings.skew
    if now >= until:
        raise TokenRefused("the token has expired")
    if "nbf" in claims and now < _time(claims, "nbf") - settings.skew:
        raise TokenRefused("the token is not valid yet")
    if "iat" in claims and now < _time(claims, "iat") - settings.skew:
        raise TokenRefused("the token is from the future")
    subject = claims["sub"] if "sub" in claims else claims.get("client_id")
    if not isinstance(subject, str) or not subject:
        raise TokenRefused("the subject is no text")
    scopes = _scopes(claims)
    listed: list[Json] = [*sorted(scopes)]
    return Verified({**claims, "sub": subject, "scopes": listed}, scopes, until)


def _time(claims: Mapping[str, Any], name: str) -> float:
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused(f"{name} is no time")
    return float(value)


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """Read scopes: texts by spaces (RFC 9068, section 2.2.3), or a list of them."""
    told = claims["scope"] if "scope" in claims else claims.get("scp", [])
    scopes = told.split(" ") if isinstance(told, str) else told
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        raise TokenRefused("the scopes are no texts")
    return frozenset(scope for scope in scopes if scope)
