"""How long a source asks to be left alone: the header Retry-After (RFC 9110, section 10.2.3)."""

import re
from collections.abc import Mapping

from fanin.sources.http_date import moment

LONGEST = 2.0**31
"""Seconds: the most that is counted, whatever a source asks for."""
_SECONDS = re.compile(r"[0-9]+")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Give the seconds that Retry-After asks for; None without the header, or if it cannot be read.

    A date is taken from the answer's own `Date`, so that no clock has to agree with the source's. The clients put
    the time of receipt there if the source sends none.

    Args:
        headers: of the answer, names in lower case.
    """
    asked = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(asked):
        return min(float(asked), LONGEST)
    until, now = moment(asked), moment(headers.get("date", ""))
    return None if until is None or now is None else min(max(0.0, until - now), LONGEST)
