"""Callers that sign their requests, and whom API Gateway or a function URL lets in by IAM.

[callers.services]
iam = {}
"""

from collections.abc import Mapping
from typing import ClassVar, override

from fanin.config.callers.kind import Kind
from fanin.config.values import Json


class Iam(Kind):
    """AWS's users and roles, as IAM's authorization of API Gateway or of a function URL makes sure of them."""

    scheme: ClassVar[str] = "AWS4-HMAC-SHA256"
    claims: ClassVar[frozenset[str] | None] = frozenset(("account", "arn", "organization", "role", "sub", "user"))

    @property
    @override
    def security(self) -> Mapping[str, Json]:
        """AWS's signature, as API Gateway's own descriptions name it."""
        sigv4: Json = "awsSigv4"
        return {"type": "apiKey", "name": self.reads, "in": "header", "x-amazon-apigateway-authtype": sigv4}

    @property
    @override
    def asks_for(self) -> str:
        """AWS's signature."""
        return "a request signed with AWS credentials"
