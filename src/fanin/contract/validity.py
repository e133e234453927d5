"""For how long our own answer may be kept, and by whom: Cache-Control, Age, Vary and ETag (RFC 9110 and 9111)."""

import math
import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b

from fanin.config.headers import names_someone
from fanin.config.values import Json
from fanin.engine.outcome import Outcome

type Headers = tuple[tuple[str, str], ...]

NOT_KEPT: Headers = (("Cache-Control", "no-store"),)
"""Of every answer that is partial, failed, or has a part that nobody may keep."""

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def validity(outcomes: Mapping[str, Outcome[Json]], varies: Iterable[str]) -> Headers:
    """Say for how long an answer may be kept: as long as all that it is made of is fresh.

    Its age is that of its oldest part, and it is fresh for as long as the one that ends first; a part that is stale
    already leaves nothing. A static value shortens nothing; nobody says how long an answer holds that has nothing else.

    Args:
        outcomes: of every source that ran.
        varies: the client's headers that can change the answer.
    """
    left = [outcome.fresh_for for outcome in outcomes.values() if outcome.complete and outcome.fresh_for is not None]
    if len(left) < len(outcomes) or min(left, default=math.inf) == math.inf:
        return NOT_KEPT
    age = int(max(outcome.age for outcome in outcomes.values()))
    names = {name.lower(): name for name in varies}
    private = "private, " if any(map(names_someone, names)) else ""
    headers = (("Cache-Control", f"{private}max-age={age + int(min(left))}"), ("Age", str(age)))
    return (*headers, ("Vary", ", ".join(names.values()))) if names else headers


def entity_tag(body: bytes) -> str:
    """Give the ETag of a body: the same for the same bytes, and for no others."""
    return f'"{blake2b(body, digest_size=16).hexdigest()}"'


def matches(if_none_match: str, tag: str) -> bool:
    """Whether a client has what it asks for already (RFC 9110, section 13.1.2; the weak comparison)."""
    return if_none_match.strip() == "*" or tag in _TAG.findall(if_none_match)
