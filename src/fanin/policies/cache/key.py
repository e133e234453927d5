"""Under what an answer is kept: everything that can change it, and nothing that cannot."""

from hashlib import sha256

import orjson

from fanin.config.headers import names_someone
from fanin.engine.call import Call

FORMAT = 1
"""The version of what is kept; another one never meets it."""


def key_of(call: Call) -> str:
    """Give the key of a call's answer: the source's name, and a digest of what it is asked.

    The kind of source says what can change the answer. Its parts are written as JSON, so that no two lists of parts
    come to the same text. What is a secret among them is only in the digest.
    """
    source = call.source
    parts = [FORMAT, source.name, *source.identity(call.request)]
    return f"{source.name}#{sha256(orjson.dumps(parts)).hexdigest()}"


def personal(call: Call) -> bool:
    """Whether a call hands over whom it is for."""
    return any(names_someone(name) for name, _ in call.forwarded)
