"""What is known of a caller, written down for a ticket or a connection."""

from typing import Any

import orjson

from fanin.engine.caller import Caller
from fanin.errors import RequestError

MAX_WRITTEN = 16_384
"""Bytes of a caller's name and claims, as JSON."""


def written(caller: Caller) -> str:
    """Write down what is known of a caller.

    Raises:
        RequestError: 413, it is too much.
    """
    said = orjson.dumps({"name": caller.name, "claims": dict(caller.claims)})
    if len(said) > MAX_WRITTEN:
        detail = f"the claims of the caller have {len(said)} bytes, and may have {MAX_WRITTEN} to be kept"
        raise RequestError(413, "claims-too-large", "Claims too large", detail)
    return said.decode()


def read(said: str) -> Caller:
    """Read what `written` wrote."""
    known: dict[str, Any] = orjson.loads(said)
    return Caller(known["name"], known["claims"])
