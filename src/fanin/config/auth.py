"""How a source knows who asks: its `auth` table, which has one of six kinds."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, model_validator
from pydantic import WithJsonSchema as Schema

from fanin.config import template
from fanin.config.headers import HeaderName
from fanin.config.mistake import Mistake
from fanin.config.texts import FixedUrl, with_variables


def _credential(text: object, info: ValidationInfo) -> template.Template:
    """Read a text whose references are secrets alone: credentials are a source's, and not of what is asked of it."""
    read = template.Template.parse(with_variables(text, info))
    for reference in read.references:
        if not isinstance(reference, template.SecretReference):
            fix = "Write {!name} for a secret; other references stand in url, headers and body"
            raise Mistake("bad-auth", f"{reference} stands where only a secret may", fix, str(reference))
    return read


def _without_scheme(token: template.Template) -> template.Template:
    first = token.pieces[0] if token.pieces else ""
    if isinstance(first, str) and first.lower().startswith("bearer "):
        raise Mistake("bad-auth", "fanin writes Bearer before it by itself", "Write the token only", first[:7])
    return token


def _without_references(url: template.UrlTemplate) -> template.UrlTemplate:
    if any(True for _ in url.references):
        raise Mistake("bad-auth", "a token's URL has a reference", "Write it in full, or with {$name} for a variable")
    return url


Credential = Annotated[template.Template, BeforeValidator(_credential), Schema({"type": "string"})]
HeaderCredential = Annotated[Credential, AfterValidator(template.checked_for_header)]
BearerCredential = Annotated[HeaderCredential, AfterValidator(_without_scheme)]
_SECRET_KEYS = frozenset({"bearer", "value", "password", "client_secret"})
TokenUrl = Annotated[FixedUrl, AfterValidator(_without_references)]


class _Kind(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)

    @property
    def secrets(self) -> Iterator[str]:
        """The names of the secrets that it refers to."""
        for _, value in self:
            if isinstance(value, template.Template):
                yield from (
                    reference.name for reference in value.references if isinstance(reference, template.SecretReference)
                )


class HeaderAuth(_Kind):
    """A header that the API has of its own."""

    name: HeaderName
    """The header's name."""
    value: HeaderCredential
    """Its value."""


class QueryAuth(_Kind):
    """A parameter of the query."""

    name: Annotated[str, Field(min_length=1)]
    """The parameter's name."""
    value: Credential
    """Its value."""


class BasicAuth(_Kind):
    """User and password (RFC 7617)."""

    user: Credential
    """The user; it has no colon."""
    password: Credential
    """The password."""

    @model_validator(mode="after")
    def _no_colon(self) -> Self:
        if any(isinstance(piece, str) and ":" in piece for piece in self.user.pieces):
            raise Mistake(
                "bad-auth", "a user's name has a colon, which would end it", "Put it into the password's place"
            )
        return self


class OAuth2(_Kind):
    """OAuth 2.0 client credentials (RFC 6749, section 4.4)."""

    token_url: TokenUrl
    """Where tokens are given out."""
    client_id: Credential
    """Who asks for them."""
    client_secret: Credential
    """What proves it."""
    scope: str = ""
    """What is asked for, by spaces."""
    audience: str = ""
    """Whom the token is for, where the server wants to be told."""
    client_auth: Literal["basic", "body"] = "basic"
    """Where id and secret are sent: in the Authorization header, as every server must take it, or in the body."""
    token_type: str = "Bearer"  # noqa: S105 - a name
    """What the server calls its tokens, in any case; they are sent as bearer tokens."""
    tls: Literal["source", "public"] = "source"
    """How its server is called: with the source's `tls`, or with the public authorities and no certificate."""


class SigV4(_Kind):
    """AWS's signature, by the credentials of the function."""

    service: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")] = "execute-api"
    """The service's name in signatures: `execute-api` for API Gateway, `lambda` for function URLs."""
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]*$")] = ""
    """The region that the API is in; without it, the function's own."""


class Auth(_Kind):
    """One of the kinds."""

    bearer: BearerCredential | None = None
    """`Authorization: Bearer`, and this (RFC 6750)."""
    header: HeaderAuth | None = None
    """A header of the API's own."""
    query: QueryAuth | None = None
    """A parameter of the query."""
    basic: BasicAuth | None = None
    """User and password (RFC 7617)."""
    oauth2: OAuth2 | None = None
    """A token that is asked for, and kept while it is good: OAuth 2.0 client credentials (RFC 6749, section 4.4)."""
    sigv4: SigV4 | None = None
    """AWS's signature, by the credentials of the function: for APIs that IAM guards."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [name for name, value in self if value is not None]
        if len(given) != 1:
            message = f"{len(given)} kinds stand in it" if given else "no kind stands in it"
            raise Mistake("bad-auth", message, f"Write one of: {', '.join(type(self).model_fields)}")
        return self

    @property
    def secrets(self) -> Iterator[str]:
        """The names of the secrets that its kind refers to."""
        yield from super().secrets
        for _, value in self:
            if isinstance(value, _Kind):
                yield from value.secrets

    @property
    def header_name(self) -> str | None:
        """The header that it sets; None where it sets none."""
        if self.query:
            return None
        return self.header.name if self.header else "Authorization"

    @property
    def literals(self) -> Iterator[tuple[str, ...]]:
        """The keys, as paths, whose credentials stand in the file itself."""
        for kind, value in self:
            if _is_literal(kind, value):
                yield (kind,)
            if isinstance(value, _Kind):
                yield from ((kind, key) for key, credential in value if _is_literal(key, credential))


def _is_literal(key: str, credential: object) -> bool:
    """Whether a credential stands in the file itself; an empty one, as the password beside a key, tells nothing."""
    if key not in _SECRET_KEYS or not isinstance(credential, template.Template):
        return False
    return bool(credential.pieces) and not any(credential.references)
