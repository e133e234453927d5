"""What the kinds of callers have in common."""

from collections.abc import Mapping
from typing import ClassVar

from fanin.config.table import Table
from fanin.config.values import Json


class Kind(Table):
    """One kind of credentials that clients have: the table behind its key in `[callers.NAME]`."""

    scheme: ClassVar[str] = "Bearer"
    """The authentication scheme that a 401 names (RFC 9110, section 11.6.1)."""
    claims: ClassVar[frozenset[str] | None] = None
    """All claims that such callers can have; None if their issuer chooses them."""

    @property
    def reads(self) -> str:
        """The header that the credentials stand in."""
        return "Authorization"

    @property
    def security(self) -> Mapping[str, Json]:
        """The security scheme of OpenAPI's, without its description."""
        return {"type": "http", "scheme": "bearer"}

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names of the secrets that it refers to."""
        return ()

    @property
    def asks_for(self) -> str:
        """What such callers need, in a few words, for people who read what is served."""
        raise NotImplementedError
