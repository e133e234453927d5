"""Refusals of sources that are passed on to the client, where the source decides the answer."""

import math
from collections.abc import Mapping

from fanin.contract.headers import Headers
from fanin.errors import SourceError

_LONGEST_CHALLENGE = 1_024
"""Characters of a `WWW-Authenticate` that is passed on."""


def first_passed(decisive: Mapping[str, SourceError]) -> SourceError | None:
    """Give the failure that is passed on to the client: the first, in the order of `required`, that is to be."""
    return next((error.root for error in decisive.values() if error.root.passed), None)


def passed_headers(error: SourceError) -> Headers:
    """Give the headers of a failure that go to the client with it; none if it is not passed on."""
    if not error.passed:
        return ()
    challenge = error.headers.get("www-authenticate", "")
    tells = challenge.isascii() and challenge.isprintable() and 0 < len(challenge) <= _LONGEST_CHALLENGE
    challenges = (("WWW-Authenticate", challenge),) if tells else ()
    again = () if error.retry_after is None else (("Retry-After", str(math.ceil(error.retry_after))),)
    return (*challenges, *again)
