"""Callers that are known by an API key, whose hash is kept in a table or a secret.

[callers.partners]
keys = { header = "X-Api-Key", scopes = ["orders:read"] }
"""

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Self, override

from pydantic import AfterValidator, BeforeValidator, ValidationInfo, WithJsonSchema, model_validator

from fanin.config.callers.kind import Kind
from fanin.config.callers.scopes import Scopes
from fanin.config.headers import check_header_name
from fanin.config.jobs import SecretName
from fanin.config.mistake import Mistake, quoted
from fanin.config.texts import with_variables
from fanin.config.values import Json

_TABLE = re.compile(r"[A-Za-z0-9_.-]{3,255}")
_TAKEN = {
    "authorization": "Authorization holds credentials behind a scheme",
    "cookie": "browsers send cookies by themselves, whatever page asks",
}


def _header(name: str) -> str:
    check_header_name(name)
    if why := _TAKEN.get(name.lower()):
        raise Mistake("bad-header", f"no key stands in {name}: {why}", 'Write "X-Api-Key", or another name')
    return name


def _table_name(text: object, info: ValidationInfo) -> str:
    name = with_variables(text, info)
    if not _TABLE.fullmatch(name):
        fix = "Write 3 to 255 letters, digits, _, - and ., or remove table: then FANIN_KEYS names it"
        raise Mistake("bad-table", f"{quoted(name)} is no name of a DynamoDB table", fix)
    return name


class Keys(Kind):
    """Callers with an API key in a header, whose hash is kept in a table or a secret."""

    scheme: ClassVar[str] = "ApiKey"
    claims: ClassVar[frozenset[str] | None] = frozenset(("key", "limit", "name", "scopes", "sub"))

    header: Annotated[str, AfterValidator(_header)] = "X-Api-Key"
    """The header that the key stands in."""
    table: Annotated[str, BeforeValidator(_table_name), WithJsonSchema({"type": "string"})] | None = None
    """The DynamoDB table with the keys; without it and `secret`, what `FANIN_KEYS` names."""
    secret: SecretName | None = None
    """The secret that lists the keys, such as "{!api_keys}", in place of a table."""
    scopes: Scopes = ()
    """The scopes that a key needs, all of them."""

    @property
    @override
    def reads(self) -> str:
        """The header that the key stands in."""
        return self.header

    @property
    @override
    def security(self) -> Mapping[str, Json]:
        """A key in a header."""
        return {"type": "apiKey", "name": self.header, "in": "header"}

    @property
    @override
    def secrets(self) -> tuple[str, ...]:
        """The secret that lists the keys."""
        return () if self.secret is None else (self.secret,)

    @property
    @override
    def asks_for(self) -> str:
        """The header, and the scopes."""
        scopes = f", with {' '.join(self.scopes)}" if self.scopes else ""
        return f"an API key in {self.header}{scopes}"

    @model_validator(mode="before")
    @classmethod
    def _no_keys(cls, given: object) -> object:
        if isinstance(given, str | list):
            fix = "Write keys = {}, and make keys by: fanin keys new"
            raise Mistake("bad-keys", "keys do not stand in this file", fix)
        return given

    @model_validator(mode="after")
    def _in_one_place(self) -> Self:
        if self.table is not None and self.secret is not None:
            raise Mistake("bad-keys", "keys are in one place, and two are named", "Remove table, or secret")
        return self
