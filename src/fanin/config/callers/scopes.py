"""Scopes that a caller needs, as OAuth 2.0 writes them (RFC 6749, section 3.3)."""

import re
from collections import Counter
from typing import Annotated

from pydantic import AfterValidator, Field

from fanin.config.mistake import Mistake, quoted

_SCOPE = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]{1,100}")
MOST = 50
"""Scopes that are needed, and that a key has."""


def check_scope(scope: str) -> str:
    """Give a scope back that is one.

    Raises:
        Mistake: it is none.
    """
    if not _SCOPE.fullmatch(scope):
        fix = (
            "Write each scope by itself, in quotes" if " " in scope else "Write printable ASCII, without quotes and \\"
        )
        raise Mistake("bad-scope", f"{quoted(scope)} is no scope", fix, f'"{scope}"')
    return scope


def _each_once(scopes: tuple[str, ...]) -> tuple[str, ...]:
    for scope, count in Counter(scopes).items():
        if count > 1:
            raise Mistake("listed-twice", f"{quoted(scope)} is listed twice", "List it once", f'"{scope}"')
    return scopes


Scopes = Annotated[
    tuple[Annotated[str, AfterValidator(check_scope)], ...], Field(max_length=MOST), AfterValidator(_each_once)
]
"""Scopes, each once."""
