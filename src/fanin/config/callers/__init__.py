"""Who may ask: `[callers.NAME]`, each with exactly one kind of credentials.

To add a kind: write its model in a file here, derived from `Kind`, and a key with its docstring in `Callers`; then what
identifies such callers in callers/, under the name of the key. A kind is imported for a file that has it only.
"""

from functools import cached_property
from typing import Annotated, Any

from pydantic import model_validator

from fanin.config.callers.kind import Kind
from fanin.config.mistake import Mistake
from fanin.config.table import NamedTable, ReadFrom


class Callers(NamedTable):
    """Who may ask, by one kind of credentials."""

    authorizer: Annotated[Any, ReadFrom("fanin.config.callers.authorizer", "Authorizer")] = None
    """Those whom an authorizer of API Gateway's lets in."""
    iam: Annotated[Any, ReadFrom("fanin.config.callers.iam", "Iam")] = None
    """Those who sign their requests with AWS credentials, as API Gateway or a function URL makes sure."""
    jwt: Annotated[Any, ReadFrom("fanin.config.callers.jwt", "Jwt")] = None
    """Those who send a JSON Web Token of an issuer."""
    keys: Annotated[Any, ReadFrom("fanin.config.callers.keys", "Keys")] = None
    """Those who send an API key in a header."""

    @model_validator(mode="after")
    def _one_kind(self) -> "Callers":
        given = [name for name, value in self if value is not None]
        if len(given) != 1:
            message = f"{' and '.join(given)} each say who may ask" if given else "nothing says who may ask"
            raise Mistake("bad-callers", message, f"Write one of: {', '.join(type(self).model_fields)}")
        return self

    @cached_property
    def kind(self) -> str:
        """The key of its kind."""
        return next(name for name, value in self if value is not None)

    @cached_property
    def table(self) -> Kind:
        """The table of its kind."""
        table: Kind = getattr(self, self.kind)
        return table

    @cached_property
    def challenge(self) -> str:
        """The `WWW-Authenticate` of a request that says nothing of who asks (RFC 9110, section 11.6.1)."""
        return f'{self.table.scheme} realm="{self.name}"'
