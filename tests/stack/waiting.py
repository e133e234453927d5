"""Waiting for what the deployed stack does in its own time."""

import time
from collections.abc import Callable


def waited_for[Found](look: Callable[[], Found], within: float) -> Found:
    """Look until there is something, and give it; fail where nothing is there within so many seconds."""
    began = time.monotonic()
    while not (found := look()):
        assert time.monotonic() - began < within
        time.sleep(0.1)
    return found
