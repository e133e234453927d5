"""Who presents an API key: from a request's headers to claims, or to the refusal."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fanin.callers.keys.form import read_key
from fanin.callers.keys.kept import Kept, KeysUnavailable
from fanin.callers.keys.record import Record
from fanin.callers.keys.refusals import missing_scopes, unauthenticated, unavailable
from fanin.config.callers.keys import Keys
from fanin.config.values import Json
from fanin.credentials.flows import Conversation
from fanin.credentials.secrets.redaction import Redaction
from fanin.engine.outcome import Clock

type Compare = Callable[[str, str], bool]

NOBODYS = "0" * 64
"""What the hash of a key without a record is compared with, so that it costs the same; no secret has this hash."""
MARK = "api key"
"""What stands in log lines in the place of a key that a client presented."""


@dataclass(frozen=True, slots=True)
class KeyHolders:
    """The callers of one table of fanin.toml that present keys.

    Args:
        caller: the name of that table.
        keys: what it says of keys.
        kept: has the records; callers with the same place share it.
        redaction: is told every key that is presented.
        now: gives seconds since 1970.
        compare: compares two hashes, in a time that does not tell where they differ.
    """

    caller: str
    keys: Keys
    kept: Kept
    redaction: Redaction
    now: Clock
    compare: Compare = field(default=hmac.compare_digest, repr=False)

    def identify(self, headers: Mapping[str, str], deadline: float) -> Conversation[Mapping[str, Json]]:
        """Find out who asks.

        Args:
            headers: the request's, names in lower case.
            deadline: when the request's time is over, in seconds of the clock of `kept`.

        Returns:
            the claims: `sub`, the owner; `key`, the key's id; `name`; `scopes`; and `limit`, if the key has one.

        Raises:
            RequestError: 401 without a good key, 403 without a scope, 503 where nobody can say.
        """
        header = self.keys.header
        presented = headers.get(header.lower(), "").strip()
        if not presented:
            raise unauthenticated(self.caller, header, f"send an API key in the header {header}")
        self.redaction.learn_presented(MARK, presented)
        if (key := read_key(presented)) is None:
            raise unauthenticated(self.caller, header, f"{header} has no whole API key; compare it with the original")
        try:
            record = yield from self.kept.record(key.id, deadline)
        except KeysUnavailable as error:
            raise unavailable() from error
        if not self.compare(key.sha256, record.sha256 if record else NOBODYS) or record is None:
            raise unauthenticated(self.caller, header, "the API key is not valid")
        if (state := record.state(self.now())) != "active":
            said = {"revoked": "has been revoked", "expired": "has expired"}[state]
            raise unauthenticated(self.caller, header, f"the API key {said}")
        if missing := sorted({*self.keys.scopes} - record.scopes):
            raise missing_scopes(missing)
        return claims_of(record)


def claims_of(record: Record) -> dict[str, Json]:
    """Give what endpoints know of a key's holder."""
    limit: Json = {"calls": record.limit.calls, "per": record.limit.per} if record.limit else None
    scopes: list[Json] = [*sorted(record.scopes)]
    claims: dict[str, Json] = {"sub": record.owner, "key": record.id, "name": record.name, "scopes": scopes}
    return claims | ({"limit": limit} if limit else {})
