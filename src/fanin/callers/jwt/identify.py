"""Who sends a JSON Web Token: from a request's headers to the claims of the token, or to the refusal (RFC 6750)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from fanin.callers.jwt.keys import Keys, KeysUnavailable
from fanin.callers.jwt.known import Known
from fanin.callers.jwt.verify import TokenRefused, UnknownKey, verified
from fanin.callers.kinds import Around, Identify
from fanin.config.callers import Callers
from fanin.config.callers.jwt import Jwt
from fanin.credentials.flows import Conversation
from fanin.engine.catalogue import Caller
from fanin.engine.invocation import Network
from fanin.engine.outcome import Clock
from fanin.engine.refusals import callers_unavailable, not_allowed, not_authenticated


def identifying(callers: Callers, around: Around) -> Identify:
    """Make what finds out who asks by a token."""
    table = callers.table
    assert isinstance(table, Jwt)
    bearers = Bearers(callers.name, callers.challenge, table, Keys(table, around.clock), around.now)

    def identify(
        headers: Mapping[str, str],
        cookies: Mapping[str, str],  # noqa: ARG001 - a token in a cookie could be sent by any page
        network: Network,  # noqa: ARG001 - the token says it all
        deadline: float,  # noqa: ARG001 - whoever carries the questions ends them in time
    ) -> Conversation[Caller]:
        return bearers.identify(headers)

    return identify


@dataclass(frozen=True, slots=True)
class Said:
    """Who asks by a token.

    Args:
        caller: that caller, the same object for all requests with the token.
        scopes: the token's.
        until: the moment, in seconds since 1970, from which it is not taken any more.
    """

    caller: Caller
    scopes: frozenset[str]
    until: float


@dataclass(frozen=True, slots=True)
class Bearers:
    """The callers of one table of fanin.toml that send tokens.

    Args:
        name: the name of that table.
        challenge: the `WWW-Authenticate` of a request without a token.
        table: whose tokens are taken.
        keys: the issuer's.
        now: gives seconds since 1970.
        known: tokens that were checked before.
    """

    name: str
    challenge: str
    table: Jwt
    keys: Keys
    now: Clock
    known: Known[Said] = field(default_factory=Known)

    def identify(self, headers: Mapping[str, str]) -> Conversation[Caller]:
        """Find out who asks.

        Args:
            headers: the request's, names in lower case.

        Raises:
            RequestError: 401 without a good token, 403 if it lacks scopes, and 503 while no token can be checked.
        """
        token = bearer_token(headers)
        if token is None:
            raise not_authenticated("send a token in the header Authorization, behind Bearer", self.challenge)
        try:
            said = yield from self._said(token)
        except TokenRefused as refused:  # whose words have neither quotes nor anything of the token
            told = f'error="invalid_token", error_description="{refused}"'
            raise not_authenticated(str(refused), f"{self.challenge}, {told}") from None
        except KeysUnavailable as unavailable:
            detail = "tokens cannot be checked at present"
            raise callers_unavailable(detail, max(1, math.ceil(unavailable.retry_after))) from None
        if missing := sorted(set(self.table.scopes) - said.scopes):
            scope = " ".join(missing)
            challenge = f'{self.challenge}, error="insufficient_scope", scope="{scope}"'
            raise not_allowed(f"the scope {scope} is missing", challenge)
        return said.caller

    def _said(self, token: str) -> Conversation[Said]:
        keys = yield from self.keys.current()
        if (known := self.known.get(token, keys.digest, self.now())) is not None:
            return known
        try:
            checked = verified(token, keys, self.table, self.now())
        except UnknownKey:
            keys = yield from self.keys.after_unknown(keys)
            checked = verified(token, keys, self.table, self.now())
        said = Said(Caller(self.name, checked.claims), checked.scopes, checked.until)
        self.known.put(token, keys.digest, said)
        return said


def bearer_token(headers: Mapping[str, str]) -> str | None:
    """Give the token of a request (RFC 6750, section 2.1); None if it has none.

    Args:
        headers: the request's, names in lower case.
    """
    scheme, _, token = headers.get("authorization", "").strip(" \t").partition(" ")
    return token.strip(" \t") or None if scheme.lower() == "bearer" else None
