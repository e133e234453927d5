"""Callers that an authorizer of API Gateway's lets in: a JWT authorizer, Cognito's, or a function of one's own.

[callers.staff]
authorizer = { scopes = ["orders:read"] }
"""

from collections.abc import Mapping
from typing import override

from fanin.config.callers.kind import Kind
from fanin.config.callers.scopes import Scopes
from fanin.config.headers import HeaderName
from fanin.config.values import Json


class Authorizer(Kind):
    """Whom an authorizer of API Gateway's lets in, by the claims or the context that it gives."""

    header: HeaderName = "Authorization"
    """The header that the authorizer reads, so that no cache gives one caller's answer to another."""
    scopes: Scopes = ()
    """The scopes that are needed, all of them; they are in the claim `scope`, `scp` or `scopes`."""

    @property
    @override
    def reads(self) -> str:
        """The header that the authorizer reads."""
        return self.header

    @property
    @override
    def security(self) -> Mapping[str, Json]:
        """A token in `Authorization`, or whatever stands in a header of the authorizer's own."""
        if self.header.lower() == "authorization":
            return super().security
        return {"type": "apiKey", "name": self.header, "in": "header"}

    @property
    @override
    def asks_for(self) -> str:
        """The authorizer, and the scopes."""
        scopes = f", with {' '.join(self.scopes)}" if self.scopes else ""
        return f"what API Gateway's authorizer lets in{scopes}"
