"""How long a source asks to be left alone: the header Retry-After (RFC 9110, section 10.2.3)."""

import re
from collections.abc import Mapping
from email.utils import mktime_tz, parsedate_tz

_SECONDS = re.compile(r"[0-9]{1,9}")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Give the seconds that Retry-After asks for; None without the header, or where it cannot be read.

    A date is taken from the answer's own `Date`, so that no clock has to agree with the source's.

    Args:
        headers: of the answer, names in lower case.
    """
    asked = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(asked):
        return float(asked)
    until, now = _moment(asked), _moment(headers.get("date", ""))
    return None if until is None or now is None else max(0.0, until - now)


def _moment(date: str) -> float | None:
    parsed = parsedate_tz(date)
    try:
        return None if parsed is None else float(mktime_tz(parsed))
    except (ValueError, OverflowError):
        return None
