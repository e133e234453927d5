"""What the headers of our own answers say: what the sources came to, and for how long the answer may be kept.

`Fanin-Sources` and `Fanin-Complete` are structured fields (RFC 9651), `Server-Timing` is as W3C has it; Cache-Control,
Age, Vary and ETag are those of RFC 9110 and 9111.
"""

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b

from fanin.config.headers import names_someone
from fanin.config.values import Json
from fanin.engine.outcome import Outcome, Span
from fanin.errors import SourceError

type Headers = tuple[tuple[str, str], ...]

NOT_KEPT: Headers = (("Cache-Control", "no-store"),)
"""Of every answer that is partial, failed, or has a part that nobody may keep."""

MAX_HEADERS = 4096
"""Bytes of `Fanin-Sources` and `Server-Timing` together; above it only the failed and the slowest sources are named."""

_LONGEST_CHALLENGE = 1_024
"""Characters of a `WWW-Authenticate` that is passed on."""
_TAG = re.compile(r'(?:W/)?("[^"]*")')


def validity(outcomes: Mapping[str, Outcome[Json]], varies: Iterable[str]) -> Headers:
    """Say for how long an answer may be kept: as long as all that it is made of is fresh.

    Its age is that of its oldest part, and it is fresh for as long as the one that ends first; a part that is stale
    already leaves nothing. A static value shortens nothing; nobody says how long an answer holds that has nothing else.

    Args:
        outcomes: of every source that ran.
        varies: the client's headers that can change the answer.
    """
    left = [outcome.fresh_for for outcome in outcomes.values() if outcome.fresh_for is not None and outcome.complete]
    if len(left) < len(outcomes) or min(left, default=math.inf) == math.inf:
        return NOT_KEPT
    age = int(max([outcome.age for outcome in outcomes.values()]))
    private, varying = _varying(tuple(varies))
    headers = (("Cache-Control", f"{private}max-age={age + int(min(left))}"), ("Age", str(age)))
    return (*headers, ("Vary", varying)) if varying else headers


@lru_cache(maxsize=256)
def _varying(varies: tuple[str, ...]) -> tuple[str, str]:
    """Say whether only a browser may keep an answer that varies with these headers; and name each once."""
    names = {name.lower(): name for name in varies}
    return "private, " if any(map(names_someone, names)) else "", ", ".join(names.values())


def entity_tag(body: bytes) -> str:
    """Give the ETag of a body: the same for the same bytes, and for no others."""
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


def matches(if_none_match: str, tag: str) -> bool:
    """Whether a client has what it asks for already (RFC 9110, section 13.1.2; the weak comparison)."""
    return if_none_match.strip() == "*" or tag in _TAG.findall(if_none_match)


def source_headers(outcomes: Mapping[str, Outcome[Json]], spans: Mapping[str, Span]) -> Headers:
    """Say what every source came to and how long it took; above `MAX_HEADERS`, of those that matter most.

    Args:
        outcomes: each source's outcome.
        spans: each source's times.
    """
    if not outcomes:
        return ()
    complete = all(outcome.complete for outcome in outcomes.values())
    members = _members(outcomes, spans)
    if _length(members.values()) > MAX_HEADERS:
        weighty = sorted(members, key=lambda name: (outcomes[name].error is None, -spans[name].duration))
        kept: set[str] = set()
        room = MAX_HEADERS
        for name in weighty:
            room -= _length([members[name]])
            if room < 0:
                break
            kept.add(name)
        members = {name: member for name, member in members.items() if name in kept}
    return (
        ("Fanin-Complete", "?1" if complete else "?0"),
        ("Fanin-Sources", ", ".join([source for source, _ in members.values()])),
        ("Server-Timing", ", ".join([timing for _, timing in members.values()])),
    )


def passed_headers(error: SourceError) -> Headers:
    """Give the headers of a failure that go to the client with it; none if it is not passed on."""
    if not error.passed:
        return ()
    challenge = error.headers.get("www-authenticate", "")
    tells = challenge.isascii() and challenge.isprintable() and 0 < len(challenge) <= _LONGEST_CHALLENGE
    challenges = (("WWW-Authenticate", challenge),) if tells else ()
    again = () if error.retry_after is None else (("Retry-After", str(math.ceil(error.retry_after))),)
    return (*challenges, *again)


def _length(members: Iterable[tuple[str, str]]) -> int:
    return sum([len(source) + len(timing) + 4 for source, timing in members])


def _members(outcomes: Mapping[str, Outcome[Json]], spans: Mapping[str, Span]) -> dict[str, tuple[str, str]]:
    """Write each source's members of `Fanin-Sources` and `Server-Timing`, by its name."""
    members = {}
    for name, outcome in outcomes.items():
        timing = f"{name};dur={spans[name].duration * 1000:.1f}"
        if outcome.state == "skipped":
            members[name] = (f"{name}=skipped", timing)
            continue
        state = outcome.error.problem if outcome.error else outcome.state
        age = f";age={outcome.age:.0f}" if outcome.has_age else ""
        told = "".join([f";{key}={value}" for key, value in outcome.told.items()]) if outcome.told else ""
        members[name] = (f"{name}={state}{age};attempts={outcome.attempts}{told}", timing)
    return members
