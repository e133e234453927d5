"""Under what an answer is kept: everything that can change it, and nothing that cannot."""

from hashlib import sha256

import orjson

from fanin.config.headers import names_someone
from fanin.engine.call import Call

FORMAT = 1
"""The version of what is kept; another one never meets it."""


def key_of(call: Call) -> str:
    """Give the key of a call's answer: the source's name, and a digest of what it is asked.

    The digest is taken over URL, method, headers, those that are handed on from the client included, body, and what
    of the source's definition is not in them. Its parts are written as JSON, so that no two lists of parts come to the
    same text. What is a secret among them is in the digest alone.
    """
    source, request = call.source, call.request
    parts = [
        FORMAT,
        source.name,
        request.method,
        request.url,
        sorted((name.lower(), value) for name, value in request.headers),
        request.body.decode() if request.body is not None else None,
        source.asks_as,
        repr(source.auth),
    ]
    return f"{source.name}#{sha256(orjson.dumps(parts)).hexdigest()}"


def personal(call: Call) -> bool:
    """Whether a call hands over whom it is for."""
    return any(names_someone(name) for name, _ in call.forwarded)
