"""The invocation that a request came with, in the scope of an ASGI application."""

import time
from collections.abc import MutableMapping
from typing import Any

from fanin.engine.invocation import Invocation
from fanin.engine.outcome import Clock

INVOCATION = "fanin.invocation"
"""Its key in the scope."""


def invocation_of(scope: MutableMapping[str, Any], clock: Clock = time.monotonic) -> Invocation:
    """Give the request's invocation; one bounded by the gateway's limit alone where no Lambda function is around it."""
    if INVOCATION not in scope:
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", ())}
        scope[INVOCATION] = Invocation.unbounded(clock, headers)
    invocation: Invocation = scope[INVOCATION]
    return invocation
