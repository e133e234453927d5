"""Who asks, as a way in made sure."""

from collections.abc import Mapping
from dataclasses import field
from hashlib import blake2b

import orjson

from fanin.config import Endpoint
from fanin.config.record import record
from fanin.config.values import Json
from fanin.engine.refusals import not_authenticated

_MOST_DIGITS = 15
"""Digits of a moment."""


@record
class Caller:
    """Who asks, once a way in has made sure of it.

    Args:
        name: which of [callers] in fanin.toml.
        claims: what its credentials say of it.
    """

    name: str
    claims: Mapping[str, Json] = field(default_factory=dict)
    _told: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def identity(self) -> str:
        """A text that is the same for all credentials of this caller, and of no other: by `iss` and `sub`, if any."""
        told = {name: self.claims.get(name) for name in ("iss", "sub")} if self.claims.get("sub") else self.claims
        return f"{self.name} {orjson.dumps(dict(told), option=orjson.OPT_SORT_KEYS).decode()}"

    @property
    def owner(self) -> str:
        """Whose jobs are this caller's: its name, and a hash of who it is, which may be personal."""
        return f"{self.name} {blake2b(self.identity.encode(), digest_size=16).hexdigest()}"

    @property
    def expires(self) -> float | None:
        """When its credentials expire, in seconds since 1970, by the claim `exp`; None if they do not say."""
        exp = self.claims.get("exp")
        if isinstance(exp, str) and exp.isascii() and exp.isdigit() and len(exp) <= _MOST_DIGITS:
            return float(exp)  # as API Gateway writes numbers of a token
        return float(exp) if isinstance(exp, int | float) and not isinstance(exp, bool) else None

    @property
    def told(self) -> Mapping[str, str]:
        """What logs and metrics tell of it; made once, as a caller may ask again and again with the same token."""
        if not self._told:
            self._told.update(caller=self.name, caller_id=self.owner.removeprefix(f"{self.name} "))
        return self._told


def check_caller(endpoint: Endpoint, caller: Caller | None) -> None:
    """Refuse whoever a way in has not made sure is one of an endpoint's callers.

    Raises:
        RequestError: 401.
    """
    if endpoint.asked_by is not None and (caller is None or caller.name != endpoint.asked_by.name):
        raise not_authenticated(f"the endpoint {endpoint.name!r} has a caller", endpoint.asked_by.challenge)
