"""Dates as HTTP has them (RFC 9110, section 5.6.7)."""

from collections.abc import Mapping
from email.utils import formatdate, mktime_tz, parsedate_tz


def moment(date: str) -> float | None:
    """Give the seconds since the epoch of a date in any of the three forms; of several dates the first. None without.

    Args:
        date: a header's value.
    """
    parsed = parsedate_tz(date)
    try:
        return None if parsed is None else float(mktime_tz(parsed))
    except (ValueError, OverflowError):
        return None


def dated(headers: Mapping[str, str], received: float) -> Mapping[str, str]:
    """Add the time of receipt as the `Date` of an answer that has none, or an invalid one (RFC 9110, section 6.6.1).

    Args:
        headers: the answer's, names in lower case.
        received: when its head was there, in seconds since the epoch.
    """
    if moment(headers.get("date", "")) is not None:
        return headers
    return {**headers, "date": formatdate(received, usegmt=True)}
