"""The request header that jobs go by: `Prefer` (RFC 7240)."""

import re
from collections.abc import Iterator

RESPOND_ASYNC = "respond-async"

_PREFERENCE = re.compile(r'\s*+([!#$%&\'*+.^_`|~0-9A-Za-z-]*+)(?:[^,"]++|"(?:[^"\\]++|\\.)*+")*+(?:,|$)')
"""One preference and the comma behind it. It gives nothing back, so that it reads each character once."""


def prefers_async(prefer: str | None) -> bool:
    """Tell whether a client prefers an answer that comes later.

    Args:
        prefer: the values of `Prefer`, joined by commas (RFC 7240, section 2). Nothing is read from a quote without
            its partner on.
    """
    return any(name.lower() == RESPOND_ASYNC for name in _names(prefer or ""))


def _names(prefer: str) -> Iterator[str]:
    """Give the name of each preference, one match after the other: a search would begin anew at every character."""
    at = 0
    while at < len(prefer) and (found := _PREFERENCE.match(prefer, at)):
        yield found[1]
        at = found.end()
