"""Callers that send a JSON Web Token: whose tokens are taken, and what they must say (RFC 7519, RFC 8725).

[callers.staff]
jwt = { issuer = "https://login.example.com", audience = "https://api.example.com" }
"""

from collections.abc import Mapping
from typing import Annotated, Literal, Self, get_args, override

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema, model_validator

from fanin.config import template
from fanin.config.callers.kind import Kind
from fanin.config.callers.scopes import Scopes
from fanin.config.mistake import Mistake, nearest, quoted
from fanin.config.origins import origin_of
from fanin.config.texts import FixedUrl, with_variables
from fanin.config.tls import OwnAuthority, check_secured
from fanin.config.units import Duration, at_most
from fanin.config.values import Json

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
"""The signatures that may be taken: all are made with a private key, and checked with a public one."""
ALGORITHMS: tuple[str, ...] = get_args(Algorithm)

_MOST_LISTED = 32
"""Audiences of a table."""
_TEXTS = {"type": "string", "minLength": 1}
_WELL_KNOWN = "/.well-known/openid-configuration"


def _algorithm(name: object) -> object:
    if isinstance(name, str) and name not in ALGORITHMS:
        if name.lower() == "none":
            raise Mistake("bad-jwt", "a token without a signature says nothing of who sends it", _use(name), name)
        if name.upper().startswith("HS"):
            message = f"{quoted(name)} has a shared secret: who can check such tokens can make them"
            raise Mistake("bad-jwt", message, _use(name), name)
        raise Mistake("bad-jwt", f"{quoted(name)} is no algorithm that is taken", _use(name), name)
    return name


def _use(name: str) -> str:
    known = [known for known in ALGORITHMS if known.lower() == name.lower()]
    return nearest(known[0] if known else name, ALGORITHMS)


def _some_algorithms(names: tuple[Algorithm, ...]) -> tuple[Algorithm, ...]:
    if not names:
        raise Mistake("bad-jwt", "no algorithm is listed, so that no token would do", "List some, or remove algorithms")
    return names


def _one_or_more(value: object, info: ValidationInfo) -> object:
    """Read a text as a list of one, and put variables in."""
    if not isinstance(value, list | tuple):
        value = [value]
    return [with_variables(text, info) for text in value]


def _some(texts: tuple[str, ...]) -> tuple[str, ...]:
    if not all(texts) or not texts:
        fix = 'Write the name that its tokens have for your API: audience = "https://api.example.com"'
        raise Mistake("bad-jwt", "the audience is empty, so that tokens for anybody's API would do", fix)
    if "*" in texts:
        fix = 'Write the name that its tokens have for your API: audience = "https://api.example.com"'
        raise Mistake("bad-jwt", "'*' is no audience: it would have to be in a token to the letter", fix, "*")
    return texts


def _issuer(text: object, info: ValidationInfo) -> str:
    issuer = with_variables(text, info)
    if not issuer:
        raise Mistake("bad-jwt", "the issuer is empty", 'Write what its tokens have at "iss"')
    if issuer.endswith(_WELL_KNOWN):
        fix = f'Write "{issuer.removesuffix(_WELL_KNOWN)}"'
        raise Mistake("bad-jwt", "this is where the issuer describes itself", fix)
    return issuer


def _without_references(url: template.UrlTemplate) -> template.UrlTemplate:
    if any(True for _ in url.references):
        raise Mistake("bad-jwt", "the URL of keys has a reference", "Write it in full, or with {$name} for a variable")
    return url


class Jwt(Kind):
    """Tokens of one issuer, for one audience."""

    issuer: Annotated[str, BeforeValidator(_issuer), WithJsonSchema(_TEXTS)]
    """Who signs the tokens: their `iss`, to the letter. Its keys are found by OIDC discovery, unless `keys` stands."""
    audience: Annotated[
        tuple[str, ...],
        BeforeValidator(_one_or_more),
        AfterValidator(_some),
        Field(max_length=_MOST_LISTED),
        WithJsonSchema({"anyOf": [_TEXTS, {"type": "array", "items": _TEXTS, "minItems": 1}]}),
    ]
    """Whom they are for: one of these is in their `aud`; without `aud`, it is their `client_id`."""
    keys: Annotated[FixedUrl, AfterValidator(_without_references)] | None = None
    """The URL of the issuer's keys, a JSON Web Key Set; without it, the issuer is asked for it."""
    algorithms: Annotated[
        tuple[Annotated[Algorithm, BeforeValidator(_algorithm)], ...],
        AfterValidator(_some_algorithms),
        Field(max_length=len(ALGORITHMS), json_schema_extra={"minItems": 1}),
    ] = ("RS256", "ES256")
    """The signatures that are taken."""
    scopes: Scopes = ()
    """The scopes that a token must have, each of them."""
    skew: Annotated[Duration, at_most("5m")] = 60.0
    """By how much the issuer's clock and this one may differ."""
    private: Annotated[bool, Field(strict=True)] = False
    """Whether issuer and keys may have an address that is not public, where the environment allows that address; also
    over http."""
    tls: OwnAuthority | None = None
    """The certificate authority of issuer and keys, in place of the public ones; both are then https."""

    @model_validator(mode="after")
    def _keys_come_safely(self) -> Self:
        if self.keys is None and origin_of(self.issuer) is None:
            message = f"{quoted(self.issuer)} is no URL, so that the issuer cannot be asked for its keys"
            raise Mistake("bad-jwt", message, 'Write https://…, or add keys = "https://host/jwks.json"')
        if self.keys is None and "?" in self.issuer:
            fix = "Remove the query, or add keys"
            raise Mistake("bad-jwt", "the URL of an issuer has no query", fix)
        asked = self.issuer if self.keys is None else self.keys.origin
        if not self.private and asked.startswith("http:"):
            message = "keys that come over http could be anybody's"
            raise Mistake(
                "bad-jwt", message, "Write https://; or add private = true, for an issuer of your own network"
            )
        if self.tls is not None:
            check_secured(asked)
        return self

    @property
    @override
    def security(self) -> Mapping[str, Json]:
        """A bearer token, and its format."""
        return {**super().security, "bearerFormat": "JWT"}

    @property
    @override
    def asks_for(self) -> str:
        """The issuer, the audience and the scopes."""
        scopes = f", with {' '.join(self.scopes)}" if self.scopes else ""
        return f"a token of {self.issuer} for {' or '.join(self.audience)}{scopes}"

    @property
    def discovery(self) -> str:
        """The URL at which the issuer describes itself (OpenID Connect Discovery 1.0, section 4)."""
        return self.issuer.removesuffix("/") + _WELL_KNOWN

    @property
    def origins_by_key(self) -> dict[str, str]:
        """The origin that is asked for keys first of all, by the key that names it."""
        return {"issuer": origin_of(self.issuer) or ""} if self.keys is None else {"keys": self.keys.origin}
