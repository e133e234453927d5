"""What is kept of a key: everything but its secret."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from fanin.config.values import Json
from fanin.stores.condition import Value

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MOST = 1e12
"""What every number of a record is below: seconds since 1970 for 30,000 years."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How often a key may be used.

    Args:
        calls: requests.
        per: seconds in which they are counted.
    """

    calls: int
    per: float


@dataclass(frozen=True, slots=True)
class Record:
    """A key, as the place where it is kept has it. Moments are seconds since 1970.

    Args:
        id: the key's public name.
        sha256: the hash of its secret, in hexadecimal digits.
        owner: who has it.
        name: what it is for.
        made: when it was made.
        scopes: what it may do.
        limit: how often it may be used; None without a limit of its own.
        expires: from when on it is refused; None for never.
        revoked: when it was revoked; None if it was not.
    """

    id: str
    sha256: str = field(repr=False)
    owner: str
    name: str
    made: int
    scopes: frozenset[str] = frozenset()
    limit: Limit | None = None
    expires: int | None = None
    revoked: int | None = None

    @classmethod
    def of(cls, key_id: str, kept: Mapping[str, object]) -> "Record":
        """Read a record, from an item of a table or a member of a JSON object.

        Raises:
            ValueError: it is none.
        """
        sha256, scopes = _text(kept, "sha256"), kept.get("scopes", ())
        if not _SHA256.fullmatch(sha256):
            raise ValueError("sha256 is no hash")
        if not isinstance(scopes, list | tuple | frozenset) or not all(isinstance(scope, str) for scope in scopes):
            raise ValueError("scopes are no texts")
        calls, per = kept.get("calls"), kept.get("per")
        if (calls is None) != (per is None):
            raise ValueError("calls and per belong together")
        return cls(
            key_id,
            sha256,
            _text(kept, "owner"),
            _text(kept, "name"),
            int(_number(kept, "made")),
            frozenset(scopes),
            None if calls is None else Limit(int(_number(kept, "calls", least=1)), _number(kept, "per", least=0.001)),
            *(int(_number(kept, name)) if name in kept else None for name in ("expires", "revoked")),
        )

    @property
    def kept(self) -> dict[str, Value]:
        """The record as it is kept, without the id; what is absent or empty is left out."""
        told: dict[str, Value] = {"sha256": self.sha256, "owner": self.owner, "name": self.name, "made": self.made}
        if self.limit:
            told |= {"calls": self.limit.calls, "per": self.limit.per}
        if self.scopes:
            told["scopes"] = self.scopes
        moments = {"expires": self.expires, "revoked": self.revoked}
        return told | {name: moment for name, moment in moments.items() if moment is not None}

    @property
    def json(self) -> dict[str, Json]:
        """The record as it is kept in JSON."""
        scopes: dict[str, Json] = {"scopes": [*sorted(self.scopes)]} if self.scopes else {}
        return {name: value for name, value in self.kept.items() if isinstance(value, str | int | float)} | scopes

    def state(self, now: float) -> str:
        """Say in a word whether the key is good: `active`, `revoked` or `expired`."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and now >= self.expires else "active"


def _text(kept: Mapping[str, object], name: str) -> str:
    if not isinstance(value := kept.get(name), str) or not value:
        raise ValueError(f"{name} is no text")
    return value


def _number(kept: Mapping[str, object], name: str, *, least: float = 0) -> float:
    value = kept.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value < _MOST:
        raise ValueError(f"{name} is no number from {least:g} on")
    return value
