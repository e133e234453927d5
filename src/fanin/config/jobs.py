"""What fanin.toml says of jobs."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from fanin.config.mistake import Mistake, quoted

_PORTS = {"http": 80, "https": 443}
_SECRET = re.compile(r"\{!([a-z][a-z0-9_]*)\}")
_NOT_IN_URLS = frozenset('"<>\\^`{|}')


def origin_of(url: str) -> str | None:
    """Give scheme, host and port of a URL (RFC 6454), without the scheme's own port.

    Returns:
        None where it is no http or https URL, or has user info, a fragment or characters that URLs have not.
    """
    if not url.isascii() or any(character <= " " or character in _NOT_IN_URLS for character in url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc or "#" in url:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if port in (None, _PORTS[parts.scheme]) else f":{port}")


def _origin(text: str) -> str:
    if (origin := origin_of(text)) is None or origin != text:
        fix = f"Write {origin!r}" if origin else 'Write only scheme, host and port: "https://hooks.example.com"'
        raise Mistake("bad-origin", f"{quoted(text)} is no origin", fix)
    return text


Origin = Annotated[str, AfterValidator(_origin), WithJsonSchema({"type": "string", "pattern": "^https?://[^/]+$"})]


def _secret_name(text: object) -> str:
    found = _SECRET.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise Mistake(
            "bad-secret", "not a secret's name in {!…}", 'Write "{!webhook}", and put the value where secrets are'
        )
    return found[1]


SecretName = Annotated[
    str, BeforeValidator(_secret_name), WithJsonSchema({"type": "string", "pattern": r"^\{![a-z][a-z0-9_]*\}$"})
]


class Jobs(BaseModel):
    """What jobs may do beside asking sources."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_open: Annotated[int, Field(ge=1, le=1000, strict=True)] = 100
    """The jobs of one endpoint that an owner may have queued or running; without identities, all clients together."""
    callbacks: tuple[Origin, ...] = ()
    """The origins that a job's callback may have; without any, no job has one."""
    callback_secret: SecretName | None = None
    """The secret that callbacks are signed with, such as "{!webhook}"; its value is `whsec_` and base64."""

    @model_validator(mode="after")
    def _callbacks_are_signed(self) -> "Jobs":
        if self.callbacks and self.callback_secret is None:
            fix = 'Add callback_secret = "{!webhook}"'
            raise Mistake("unsigned-callbacks", "callbacks are signed, and there is no secret to sign with", fix)
        return self
