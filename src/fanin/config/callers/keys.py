"""What fanin.toml says of callers that are known by an API key.

[callers.partners]
keys = { header = "X-Api-Key", scopes = ["orders:read"] }
"""

import re
from collections import Counter
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema, model_validator

from fanin.config.headers import check_header_name
from fanin.config.jobs import SecretName
from fanin.config.mistake import Mistake, quoted
from fanin.config.table import Table
from fanin.config.texts import with_variables

MAX_SCOPES = 50
"""Scopes of a key, and of a caller."""

_SCOPE = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]{1,100}")
_TABLE = re.compile(r"[A-Za-z0-9_.-]{3,255}")
_TAKEN = {
    "authorization": "Authorization holds credentials behind a scheme",
    "cookie": "browsers send cookies by themselves, whatever page asks",
}


def check_scope(scope: str) -> str:
    """Give a scope back that is one, as OAuth 2.0 has it (RFC 6749, section 3.3).

    Raises:
        Mistake: it is none.
    """
    if not _SCOPE.fullmatch(scope):
        fix = 'Write up to 100 visible characters of ASCII, neither " nor \\: "orders:read"'
        raise Mistake("bad-scope", f"{quoted(scope)} is no scope", fix)
    return scope


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


def _some(scopes: tuple[str, ...]) -> tuple[str, ...]:
    for scope, count in Counter(scopes).items():
        if count > 1:
            raise Mistake("listed-twice", f"{quoted(scope)} is listed twice", "List it once", f'"{scope}"')
    return scopes


class Keys(Table):
    """Callers with an API key in a header, whose hash is kept in a table or a secret."""

    header: Annotated[str, AfterValidator(_header)] = "X-Api-Key"
    """The header that the key stands in."""
    table: Annotated[str, BeforeValidator(_table_name), WithJsonSchema({"type": "string"})] | None = None
    """The DynamoDB table with the keys; without it and `secret`, what `FANIN_KEYS` names."""
    secret: SecretName | None = None
    """The secret that lists the keys, such as "{!api_keys}", in place of a table."""
    scopes: Annotated[
        tuple[Annotated[str, AfterValidator(check_scope)], ...], Field(max_length=MAX_SCOPES), AfterValidator(_some)
    ] = ()
    """The scopes that a key needs, all of them."""

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
