"""Idempotency keys: the one that a client sends, and those that are derived of it for the sources.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import re
from collections import Counter
from hashlib import sha256
from uuid import UUID, uuid4, uuid5

import orjson

from fanin.config.late_pattern import LatePattern
from fanin.config.request import Request
from fanin.errors import RequestError

HEADER = "Idempotency-Key"
MAX_KEY = 255
"""Characters of an idempotency key."""

_NAMESPACE = UUID("9e0d4f5c-5a53-4a5e-9c57-6f0b1c0a7d11")
_STRING = LatePattern(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_BARE = LatePattern(r"[!#-+\--~]+")


def idempotency_key(header: str | None) -> str:
    """Read an `Idempotency-Key`, a string of structured fields; one without quotes is taken too, as Stripe's.

    Returns:
        the key; empty without the header.

    Raises:
        RequestError: it cannot be read.
    """
    if header is None:
        return ""
    text = header.strip(" ")
    if quoted := _STRING.compiled.fullmatch(text):
        key = re.sub(r"\\(.)", r"\1", quoted[1])
    else:
        key = text if _BARE.compiled.fullmatch(text) else ""
    if not 0 < len(key) <= MAX_KEY:
        detail = f"Idempotency-Key has to be a text of 1 to {MAX_KEY} characters in quotes, such as a UUID"
        raise RequestError(400, "bad-idempotency-key", "Bad idempotency key", detail)
    return key


def random_key() -> str:
    """Give a key for a request whose client has sent none; the system's randomness is no snapshot's."""
    return uuid4().hex


class DerivedKeys:
    """The keys of one request's writes: a client that repeats its request repeats them, and no others have them.

    Each comes from the request's key, the source, all of what it is asked, and how often it was asked the same before.

    Args:
        key: the client's, or else one that no other request has.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        self._asked: Counter[str] = Counter()

    def key_of(self, source: str, request: Request) -> str:
        """Give the key of a request, and count it."""
        body = sha256(request.body or b"").hexdigest()
        asked = [source, request.method, request.url, sorted(request.headers), body]
        digest = sha256(orjson.dumps(asked)).hexdigest()
        self._asked[digest] += 1
        return str(uuid5(_NAMESPACE, f"{self._key}\n{digest}\n{self._asked[digest]}"))
