"""What breakers and rate limits did to calls, as the events of their traces tell it."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fanin.config import Source
from fanin.config.values import Json
from fanin.engine.outcome import Span
from fanin.policies.order import steps_of

_BREAKER: Final = "circuit_breaker"
_LIMIT: Final = "rate_limit"
_CHANGED: Final = ": now "
"""What stands between the states in the event of a breaker that changes."""
_WAITED: Final = "waits "
_HELD: Final = "holds "
_REFUSED: Final = "its turn would come too late"


@dataclass(slots=True)
class _Seen:
    """What was seen of a breaker and of a limit.

    Args:
        state: the breaker's, since its last change.
        since: the time of day of that.
        waits: calls that waited for their turn.
        refusals: calls whose turn would have come too late.
        holds: times at which the source had all its calls held back.
    """

    state: str = "closed"
    since: str = ""
    waits: int = 0
    refusals: int = 0
    holds: int = 0


class Guards:
    """The breakers and limits of sources, those of an upstream counted once for all its sources.

    Args:
        sources: the sources, by name.
    """

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources
        self._settings = {name: {step.key: words for step, words in steps_of(of)} for name, of in sources.items()}
        self._seen: dict[tuple[str, str], _Seen] = {}

    def read(self, name: str, events: Iterable[tuple[str, str]], now: float) -> None:
        """Take what happened to a source's call.

        Args:
            name: the source's.
            events: what policies did: the policy's key, and what it did.
            now: the seconds since 1970.
        """
        if name not in self._sources:
            return
        for policy, did in events:
            if policy == _BREAKER and _CHANGED in did:
                seen = self._of(name, _BREAKER)
                seen.state, seen.since = did.rpartition(_CHANGED)[2], time_of_day(now)
            elif policy == _LIMIT:
                seen = self._of(name, _LIMIT)
                seen.waits += did.startswith(_WAITED)
                seen.holds += did.startswith(_HELD)
                seen.refusals += did == _REFUSED

    def told(self, name: str) -> dict[str, Json]:
        """Tell a source's breaker and limit; null for what it does not have."""
        settings = self._settings.get(name, {})
        breaker: Json = None
        limit: Json = None
        if (words := settings.get(_BREAKER)) is not None:
            seen = self._of(name, _BREAKER)
            breaker = {"settings": words, "state": seen.state, "since": seen.since}
        if (words := settings.get(_LIMIT)) is not None:
            seen = self._of(name, _LIMIT)
            counts: dict[str, Json] = {"waits": seen.waits, "refusals": seen.refusals, "holds": seen.holds}
            limit = {"settings": words, **counts}
        return {"breaker": breaker, "limit": limit}

    def _of(self, name: str, policy: str) -> _Seen:
        # An upstream's name cannot be a source's in this place: a slash is in none.
        upstream = self._sources[name].shares(policy)
        return self._seen.setdefault((f"{upstream}/" if upstream else name, policy), _Seen())


def time_of_day(now: float) -> str:
    """Spell the seconds since 1970 as hours, minutes and seconds."""
    return time.strftime("%H:%M:%S", time.localtime(now))


def events_of(span: Span) -> Iterator[tuple[str, str]]:
    """Give what policies did in a call, and in those of a list's items."""
    for each in (span, *(span.items or {}).values()):
        for event in each.events:
            yield event.policy, event.did


def events_told(span: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give the same of a call whose trace was told."""
    for each in (span, *span.get("items", ())):
        for event in each.get("events", ()):
            yield event["policy"], event["did"]
