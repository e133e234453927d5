"""Who signed a request, as IAM's authorization of API Gateway or of a function URL made sure."""

from collections.abc import Mapping

from fanin.callers.kinds import Around, Identify
from fanin.config.callers import Callers
from fanin.config.values import Json
from fanin.credentials.flows import Conversation
from fanin.engine.caller import Caller
from fanin.engine.invocation import Network
from fanin.engine.refusals import not_authenticated

_ASSUMED = ":assumed-role/"


def identifying(callers: Callers, around: Around) -> Identify:  # noqa: ARG001 - the signature is every kind's
    """Make what finds out who signed."""

    def identify(
        headers: Mapping[str, str],  # noqa: ARG001 - API Gateway has checked them
        cookies: Mapping[str, str],  # noqa: ARG001 - likewise
        network: Network,
        deadline: float,  # noqa: ARG001 - there is nothing to wait for
    ) -> Conversation[Caller]:
        yield from ()
        if not _text(network.iam, "userArn"):
            raise not_authenticated("sign the request with AWS credentials", callers.challenge)
        return Caller(callers.name, claims_of(network.iam))

    return identify


def claims_of(iam: Mapping[str, Json]) -> dict[str, Json]:
    """Give what endpoints know of a user or a role, whatever the format of the event.

    Args:
        iam: `requestContext.authorizer.iam` of payload 2.0, or `requestContext.identity` of 1.0.

    Returns:
        `sub`, who it is, without the name of a role's session, which whoever takes the role chooses; `arn`, with it;
        `account`, `user` and `organization`, as IAM has them; `role`, the name of the role. Any may be null.
    """
    arn = _text(iam, "userArn") or ""
    in_role = _ASSUMED in arn
    whole, _, _ = arn.rpartition("/") if in_role else (arn, "", "")
    pool = iam.get("cognitoIdentity")
    told = pool if isinstance(pool, dict) else iam
    identity = _text(told, "identityId") or _text(told, "cognitoIdentityId")
    return {
        "sub": identity or whole,
        "arn": arn,
        "account": _text(iam, "accountId"),
        "user": _text(iam, "userId") or _text(iam, "user"),
        "organization": _text(iam, "principalOrgId"),
        "role": whole.rpartition("/")[2] if in_role else None,
    }


def _text(told: Mapping[str, Json], name: str) -> str | None:
    value = told.get(name)
    return value if isinstance(value, str) and value else None
