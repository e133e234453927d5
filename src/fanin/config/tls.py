"""How a source's server and fanin know each other in TLS: its `tls` table."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Annotated, Self, TypeIs
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationInfo, model_validator
from pydantic import WithJsonSchema as Schema

from fanin.config.mistake import Mistake, quoted
from fanin.config.schemas import FOLDER, beside
from fanin.config.table import Table
from fanin.config.template import SecretReference, Template

MAX_CERTIFICATES = 1_000_000
"""Bytes of a file of certificates."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """Certificates in a file beside fanin.toml.

    Args:
        path: the file, relative to fanin.toml's folder.
        pem: what stands in it.
    """

    path: str
    pem: str = field(repr=False)


def _secret(text: object) -> SecretReference:
    """Read a text that is one reference to a secret. It is in no message: it may be the key itself."""
    read = Template.parse(text).pieces if isinstance(text, str) and text.startswith("{") else ()
    if len(read) == 1 and isinstance(read[0], SecretReference):
        return read[0]
    raise Mistake("bad-tls", "it is no reference to a secret", 'Write "{!name}", and put the PEM into the secret')


def _authorities(text: object, info: ValidationInfo) -> SecretReference | Certificates:
    """Read a reference to a secret, or the path of a file with certificates."""
    return _certificates(text, info) if _is_path(text) else _secret(text)


def _certificates(text: object, info: ValidationInfo) -> Certificates:
    """Read the path of a file with certificates. What is no path is in no message: it may be a key."""
    fix = "Name a file of certificates in PEM below the folder of fanin.toml"
    if not _is_path(text):
        raise Mistake("bad-tls", "it is no path of a file", fix)
    path = beside(text, (info.context or {}).get(FOLDER))
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Mistake("bad-tls", f"{quoted(text)} cannot be read: {error.strerror}", fix) from error
    if len(content) > MAX_CERTIFICATES:
        raise Mistake("bad-tls", f"{quoted(text)} is over {MAX_CERTIFICATES} bytes", "Write fewer certificates into it")
    pem = content.decode(errors="replace").encode("ascii", errors="replace").decode()  # comments have any
    if not _are_certificates(pem):
        raise Mistake("bad-tls", f"{quoted(text)} has no certificate in PEM", fix)
    return Certificates(text, pem)


def _is_path(text: object) -> TypeIs[str]:
    """Whether a text may be the path of a file: it is no reference, and no PEM."""
    return isinstance(text, str) and not text.startswith("{") and "-----" not in text


def _are_certificates(pem: str) -> bool:
    import ssl  # noqa: PLC0415 - no part of the cold start of a file without one

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=pem)
    except (ssl.SSLError, ValueError):
        return False
    return True


_SecretText = Annotated[
    SecretReference, BeforeValidator(_secret), Schema({"type": "string", "pattern": r"^\{![a-z][a-z0-9_]*\}$"})
]
_PEM = Schema({"type": "string", "minLength": 1})
_Authorities = Annotated[SecretReference | Certificates, BeforeValidator(_authorities), _PEM]


class Tls(BaseModel):
    """Whose certificates are trusted, and the certificate that fanin shows."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)

    ca: _Authorities | None = None
    """The certificates to trust in place of the public authorities, in PEM: a secret, or the path of a file."""
    cert: _SecretText | None = None
    """The certificate that fanin shows, in PEM, with those between it and its authority behind it: a secret."""
    key: _SecretText | None = None
    """The private key of `cert`, in PEM and not encrypted: a secret."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.cert is None) != (self.key is None):
            there, missing = ("cert", "key") if self.cert else ("key", "cert")
            raise Mistake("bad-tls", f"there is a {there} and no {missing}", f"Add {missing}, or remove {there}")
        if self.ca is None and self.cert is None:
            raise Mistake("bad-tls", "it says nothing", "Write ca, or cert and key; or remove tls")
        return self

    @property
    def secrets(self) -> Iterator[str]:
        """The names of the secrets that it refers to."""
        yield from (part.name for _, part in self if isinstance(part, SecretReference))

    @property
    def words(self) -> str:
        """What it brings, in words."""
        parts = (self.ca and "own authority", self.cert and "client certificate")
        return " and ".join(part for part in parts if part)


class OwnAuthority(Table):
    """Whose certificates are trusted, where no secret is at hand."""

    ca: Annotated[Certificates, BeforeValidator(_certificates), _PEM]
    """The file of the certificates to trust in place of the public authorities, in PEM."""


def check_secured(origin: str, fix: str = "Write https, or remove tls") -> None:
    """Check that TLS may be spoken with an origin; on this machine, where fakes are, it need not be.

    Args:
        origin: where a request goes.
        fix: what to do if it may not.

    Raises:
        Mistake: it is plain http elsewhere.
    """
    parts = urlsplit(origin)
    if parts.scheme == "http" and not is_this_machine(parts.hostname or ""):
        raise Mistake("bad-tls", f"{quoted(origin)} is plain http, which has no TLS", fix)


def is_this_machine(host: str) -> bool:
    """Tell whether a host is loopback."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
