"""Who presents an API key: from a request's headers to claims, or to the refusal."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fanin.callers.keys.form import read_key
from fanin.callers.keys.kept import Kept, KeysUnavailable
from fanin.callers.keys.places import place_of_keys
from fanin.callers.keys.record import Record
from fanin.callers.kinds import Around, Identify
from fanin.config.callers import Callers
from fanin.config.callers.keys import Keys
from fanin.config.values import Json
from fanin.credentials.flows import Conversation
from fanin.credentials.secrets.redaction import Redaction
from fanin.engine.catalogue import Caller
from fanin.engine.invocation import Network
from fanin.engine.outcome import Clock
from fanin.engine.refusals import callers_unavailable, not_allowed, not_authenticated

type Compare = Callable[[str, str], bool]

NOBODYS = "0" * 64
"""What the hash of a key without a record is compared with, so that it costs the same; no secret has this hash."""
MARK = "api key"
"""What stands in log lines in the place of a key that a client presented."""


def identifying(callers: Callers, around: Around) -> Identify:
    """Make what finds out who presents a key.

    Raises:
        ConfigError: nothing says where the keys are.
    """
    keys = callers.table
    assert isinstance(keys, Keys)
    place = place_of_keys(callers.name, keys, around.environment, around.secrets)
    holders = KeyHolders(callers, keys, Kept(place, around.clock), around.redaction, around.now)

    def identify(
        headers: Mapping[str, str],
        cookies: Mapping[str, str],  # noqa: ARG001 - browsers send them by themselves, so that no key is in one
        network: Network,  # noqa: ARG001 - nobody else knows keys
        deadline: float,
    ) -> Conversation[Caller]:
        return holders.identify(headers, deadline)

    return identify


@dataclass(frozen=True, slots=True)
class KeyHolders:
    """The callers of one table of fanin.toml that present keys.

    Args:
        callers: that table.
        keys: what it says of keys.
        kept: has the records.
        redaction: is told every key that is presented.
        now: gives seconds since 1970.
        compare: compares two hashes, in a time that does not tell where they differ.
    """

    callers: Callers
    keys: Keys
    kept: Kept
    redaction: Redaction
    now: Clock
    compare: Compare = field(default=hmac.compare_digest, repr=False)

    def identify(self, headers: Mapping[str, str], deadline: float) -> Conversation[Caller]:
        """Find out who asks.

        Args:
            headers: the request's, names in lower case.
            deadline: when the request's time is over, in seconds of the clock of `kept`.

        Returns:
            the caller, with the claims `sub`, the owner; `key`, the key's id; `name`; `scopes`; and `limit`.

        Raises:
            RequestError: 401 without a good key, 403 without a scope, 503 where nobody can say.
        """
        header, challenge = self.keys.header, self.challenge
        presented = headers.get(header.lower(), "").strip(" \t")
        if not presented:
            raise not_authenticated(f"send an API key in the header {header}", challenge)
        self.redaction.learn_presented(MARK, presented)
        if (key := read_key(presented)) is None:
            raise not_authenticated(f"{header} has no whole API key; compare it with the original", challenge)
        try:
            record = yield from self.kept.record(key.id, deadline)
        except KeysUnavailable as error:
            raise callers_unavailable("API keys cannot be checked at present") from error
        if not self.compare(key.sha256, record.sha256 if record else NOBODYS) or record is None:
            raise not_authenticated("the API key is not valid", challenge)
        if (state := record.state(self.now())) != "active":
            said = {"revoked": "has been revoked", "expired": "has expired"}[state]
            raise not_authenticated(f"the API key {said}", challenge)
        if missing := sorted({*self.keys.scopes} - record.scopes):
            scope = " ".join(missing)
            error_in_it = f'{challenge}, error="insufficient_scope", scope="{scope}"'
            raise not_allowed(f"the API key lacks the scope {scope}", error_in_it)
        return Caller(self.callers.name, claims_of(record))

    @property
    def challenge(self) -> str:
        """The `WWW-Authenticate` of a refusal, with the header in which a key belongs (RFC 9110, section 11.6.1)."""
        return f'{self.callers.challenge}, header="{self.keys.header}"'


def claims_of(record: Record) -> dict[str, Json]:
    """Give what endpoints know of a key's holder; `limit` is null for a key without one."""
    limit: Json = {"calls": record.limit.calls, "per": record.limit.per} if record.limit else None
    scopes: list[Json] = [*sorted(record.scopes)]
    return {"sub": record.owner, "key": record.id, "name": record.name, "scopes": scopes, "limit": limit}
