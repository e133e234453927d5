"""Whom an authorizer of API Gateway's let in, by the claims or the context that it gives."""

from collections.abc import Mapping

from fanin.callers.kinds import Around, Identify
from fanin.config.callers import Callers
from fanin.config.callers.authorizer import Authorizer
from fanin.config.values import Json
from fanin.credentials.flows import Conversation
from fanin.engine.caller import Caller
from fanin.engine.invocation import Network
from fanin.engine.refusals import not_allowed, not_authenticated

_SCOPES = ("scopes", "scope", "scp")
"""The claims that scopes may be in, the first that is there."""


def identifying(callers: Callers, around: Around) -> Identify:  # noqa: ARG001 - the signature is every kind's
    """Make what finds out whom the authorizer let in."""
    table = callers.table
    assert isinstance(table, Authorizer)
    needed = frozenset(table.scopes)

    def identify(
        headers: Mapping[str, str],  # noqa: ARG001 - the authorizer has checked them
        cookies: Mapping[str, str],  # noqa: ARG001 - likewise
        network: Network,
        deadline: float,  # noqa: ARG001 - there is nothing to wait for
    ) -> Conversation[Caller]:
        yield from ()
        claims = claims_of(network.authorizer)
        if not any(claims.values()):
            raise not_authenticated("no authorizer says who asks", callers.challenge)
        scopes = claims["scopes"]
        assert isinstance(scopes, list)
        if missing := sorted(needed.difference(map(str, scopes))):
            scope = " ".join(missing)
            challenge = f'{callers.challenge}, error="insufficient_scope", scope="{scope}"'
            raise not_allowed(f"the scope {scope} is missing", challenge)
        return Caller(callers.name, claims)

    return identify


def claims_of(told: Mapping[str, Json]) -> dict[str, Json]:
    """Give what endpoints know of whom an authorizer let in.

    Args:
        told: the claims of a JWT authorizer or of Cognito's, or the context of a function's.

    Returns:
        the same, with `sub`, who it is, and `scopes`, a list of texts.
    """
    claims = {name: value for name, value in told.items() if value is not None and name != "integrationLatency"}
    listed = next((claims[name] for name in _SCOPES if name in claims), "")
    scopes = listed if isinstance(listed, list) else str(listed).strip("[]").replace(",", " ").split()
    who = claims.get("sub") or claims.get("principalId")
    return {**claims, "sub": who, "scopes": [scope for scope in scopes if isinstance(scope, str)]}
