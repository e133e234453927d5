"""A source's credentials put into its request."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from pydantic import SecretStr

from fanin.config.auth import Auth
from fanin.config.template import Reference, SecretReference, Template, header_text, percent_encoded
from fanin.credentials.secrets.redaction import Redaction
from fanin.engine.call import Request


def revealed(secrets: Mapping[str, SecretStr]) -> dict[Reference, str]:
    """Give secrets' values as templates take them."""
    return {SecretReference(name): value.get_secret_value() for name, value in secrets.items()}


def text_of(credential: Template, secrets: Mapping[str, SecretStr]) -> str:
    """Give a credential's text."""
    return credential.expand(revealed(secrets), lambda _, text: text)


def with_secrets(request: Request, secrets: Mapping[str, SecretStr]) -> Request:
    """Put secrets into URL, headers and body.

    Raises:
        RefusedValue: a value may not stand where it is referred to.
    """
    return request.open(request, revealed(secrets)) if request.open else request


def with_credentials(request: Request, auth: Auth, secrets: Mapping[str, SecretStr], redaction: Redaction) -> Request:
    """Put in what the kinds bearer, header, query and basic say; any other leaves the request as it is.

    Args:
        request: what is sent.
        auth: the source's.
        secrets: the values of its secrets.
        redaction: is told what is made of them.

    Raises:
        RefusedValue: a value may not stand in a header or a URL.
    """
    values = revealed(secrets)
    if auth.bearer:
        return with_header(request, "Authorization", f"Bearer {auth.bearer.expand(values, header_text)}")
    if auth.header:
        return with_header(request, auth.header.name, auth.header.value.expand(values, header_text))
    if auth.query:
        mark = "&" if "?" in request.url else "?"
        pair = f"{quote(auth.query.name, safe='')}={auth.query.value.expand(values, percent_encoded)}"
        return replace(request, url=f"{request.url}{mark}{pair}")
    if auth.basic:
        coded = basic(text_of(auth.basic.user, secrets), text_of(auth.basic.password, secrets))
        redaction.learn("basic", coded)
        return with_header(request, "Authorization", f"Basic {coded}")
    return request


def with_header(request: Request, name: str, value: str) -> Request:
    """Set a header, in place of any of its name."""
    others = tuple(header for header in request.headers if header[0].lower() != name.lower())
    return replace(request, headers=(*others, (name, value)))


def basic(user: str, password: str) -> str:
    """Code user and password (RFC 7617, in UTF-8)."""
    return b64encode(f"{user}:{password}".encode()).decode()
