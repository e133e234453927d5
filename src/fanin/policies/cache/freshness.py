"""How long an answer may be kept and for what, by RFC 9111, RFC 5861 and the source's `cache`.

The source's own headers say how long; `fresh`, `stale` and `negative` stand in where it says nothing, and are the most
in every case. With `override` they hold whatever it says.
"""

import re
from collections.abc import Mapping, Sequence

from fanin.config import Source
from fanin.config.policies import Cache
from fanin.config.record import record
from fanin.engine.outcome import ResponseHead
from fanin.sources.http.head import moment
from fanin.stores.entry import Entry

VALIDATED = 3600.0
"""Seconds for which an answer with validators is kept past its use, to ask whether it still holds."""
_LONGEST = 2.0**31
"""Seconds: the most that a number in Cache-Control counts (RFC 9111, section 1.2.2)."""

_DIRECTIVE = re.compile(r"""([\w!#$%&'*+.^`|~-]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^,\s]*)))?""", re.ASCII)
_KEPT_UNASKED = frozenset((200, 203, 204, 404, 410))
"""Statuses whose answers are kept although they do not say for how long (RFC 9110, section 15.1)."""
_PARTIAL = 206
_NO_STALE = frozenset(("no-cache", "must-revalidate", "proxy-revalidate"))


@record
class Lifetime:
    """For how many seconds an answer is good for what.

    Args:
        fresh: since the source gave it, to be answered as it is.
        stale: further on, to be answered while it is being refreshed.
        rescue: further on than `fresh`, to stand in for a failure.
    """

    fresh: float
    stale: float = 0.0
    rescue: float = 0.0


def lifetime(
    cache: Cache, headers: Mapping[str, str], *, personal: bool, missing: bool = False, status: int = 200
) -> Lifetime | None:
    """Say how long an answer may be kept.

    Args:
        cache: what the source's `cache` says.
        headers: the answer's, names in lower case.
        personal: whether the call handed over whom it was for, so that no one else will be given the answer.
        missing: whether the answer was that there is no such thing.
        status: the answer's. Of others than those that may be kept unasked, such as 201, the answer itself has to say
            for how long (RFC 9111, section 3). A part of an answer (206) is not kept (section 3.3).

    Returns:
        None where it may not be kept.
    """
    most_fresh, most_stale = (cache.negative, 0.0) if missing else (cache.fresh, cache.stale)
    if status == _PARTIAL or (missing and most_fresh is None):
        return None
    if cache.override:
        return Lifetime(most_fresh or 0.0, most_stale or 0.0, most_stale or 0.0)
    told = directives(headers.get("cache-control", ""))
    if "no-store" in told or ("private" in told and not personal) or _varies_by_anything(headers):
        return None
    told_fresh = _told_fresh(told, headers, personal=personal)
    if told_fresh is None and status not in _KEPT_UNASKED:
        return None
    fresh = 0.0 if "no-cache" in told else _least(most_fresh, told_fresh)
    if told.keys() & _NO_STALE:
        return Lifetime(fresh)
    return Lifetime(
        fresh,
        stale=_least(most_stale, _number(told, "stale-while-revalidate")),
        rescue=_least(most_stale, _number(told, "stale-if-error")),
    )


def lifetime_of_all(cache: Cache, answers: Sequence[ResponseHead], *, personal: bool, missing: bool) -> Lifetime | None:
    """Say how long what is put together from several answers may be kept: for nothing longer than each of them.

    It counts from when the oldest of them was given.

    Args:
        cache: what the source's `cache` says.
        answers: headers and status of each, at least one.
        personal: as for `lifetime`.
        missing: as for `lifetime`.

    Returns:
        None where one of them may not be kept.
    """
    ends: list[tuple[float, float, float]] = []
    for headers, status in answers:
        life = lifetime(cache, headers, personal=personal, missing=missing, status=status)
        if life is None:
            return None
        end = life.fresh - age(headers)
        ends.append((end, end + life.stale, end + life.rescue))
    fresh, stale, rescue = (min(times) for times in zip(*ends, strict=True))
    return Lifetime(fresh + oldest(answers), max(0.0, stale - fresh), max(0.0, rescue - fresh))


def oldest(answers: Sequence[ResponseHead]) -> float:
    """Give the age of the oldest of several answers, in seconds."""
    return max(age(headers) for headers, _ in answers)


def age(headers: Mapping[str, str]) -> float:
    """Give the seconds that an answer had spent in caches on its way; the source's clock is not believed.

    Of several ages the first counts (RFC 9111, section 5.1).
    """
    text = headers.get("age", "").partition(",")[0].strip()
    return min(float(text), _LONGEST) if text.isascii() and text.isdigit() else 0.0


def directives(control: str) -> dict[str, str]:
    """Read a Cache-Control: of a directive that comes twice the first counts, names in lower case."""
    found: dict[str, str] = {}
    for name, quoted, token in _DIRECTIVE.findall(control):
        found.setdefault(name.lower(), quoted or token)
    return found


def warm_until(source: Source, entry: Entry) -> float:
    """Say until when an answer need not be renewed: that of a source with `refresh` is, before it is stale."""
    if source.refresh is None:
        return entry.fresh_until
    return min(entry.fresh_until, entry.received + source.refresh / 2)


def _varies_by_anything(headers: Mapping[str, str]) -> bool:
    """Whether no later request matches an answer: `*` is a member of its Vary (RFC 9110, section 12.5.5)."""
    return "*" in [member.strip() for member in headers.get("vary", "").split(",")]


def _told_fresh(told: Mapping[str, str], headers: Mapping[str, str], *, personal: bool) -> float | None:
    """Give what the source says, by the first that it says it with; None where it says nothing."""
    shared = None if personal else _number(told, "s-maxage")
    told_age = shared if shared is not None else _number(told, "max-age")
    if told_age is not None or "expires" not in headers:
        return told_age
    expires, date = moment(headers["expires"]), moment(headers.get("date", ""))
    if expires is None or date is None:  # an invalid date, such as "0": it has expired (RFC 9111, section 5.3)
        return 0.0
    return max(0.0, expires - date)


def _number(told: Mapping[str, str], name: str) -> float | None:
    """Give a directive's seconds: none where it is not there, 0 where it is no number."""
    if name not in told:
        return None
    text = told[name]
    return min(float(text), _LONGEST) if text.isascii() and text.isdigit() else 0.0


def _least(configured: float | None, told: float | None) -> float:
    return min((length for length in (configured, told) if length is not None), default=0.0)
