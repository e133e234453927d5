"""Request headers that jobs go by: `Prefer` (RFC 7240) and `Idempotency-Key`."""

import re
from collections.abc import Iterator

from fanin.errors import RequestError

MAX_KEY = 255
"""Characters of an idempotency key."""
RESPOND_ASYNC = "respond-async"

_PREFERENCE = re.compile(r'\s*+([!#$%&\'*+.^_`|~0-9A-Za-z-]*+)(?:[^,"]++|"(?:[^"\\]++|\\.)*+")*+(?:,|$)')
"""One preference and the comma behind it. It gives nothing back, so that it reads each character once."""
_STRING = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_BARE = re.compile(r"[!#-+\--~]+")


def prefers_async(prefer: str | None) -> bool:
    """Tell whether a client prefers an answer that comes later.

    Args:
        prefer: the values of `Prefer`, joined by commas (RFC 7240, section 2). Nothing is read from a quote without
            its partner on.
    """
    return any(name.lower() == RESPOND_ASYNC for name in _names(prefer or ""))


def idempotency_key(header: str | None) -> str:
    """Read an `Idempotency-Key`, a string of structured fields; one without quotes is taken too, as Stripe's.

    https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/

    Returns:
        the key; empty without the header.

    Raises:
        RequestError: it cannot be read.
    """
    if header is None:
        return ""
    text = header.strip(" ")
    if quoted := _STRING.fullmatch(text):
        key = re.sub(r"\\(.)", r"\1", quoted[1])
    else:
        key = text if _BARE.fullmatch(text) else ""
    if not 0 < len(key) <= MAX_KEY:
        detail = f"Idempotency-Key has to be a text of 1 to {MAX_KEY} characters in quotes, such as a UUID"
        raise RequestError(400, "bad-idempotency-key", "Bad idempotency key", detail)
    return key


def _names(prefer: str) -> Iterator[str]:
    """Give the name of each preference, one match after the other: a search would begin anew at every character."""
    at = 0
    while at < len(prefer) and (found := _PREFERENCE.match(prefer, at)):
        yield found[1]
        at = found.end()
