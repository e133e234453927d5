"""fanin.local.runtime.door: a function URL with one runtime behind it, in a thread."""

from queue import SimpleQueue
from threading import Thread

import pytest

from fanin.local.runtime import door, function_url

SOON = 10.0
"""Seconds after which a wait is taken to be without end."""


class NoRuntime:
    """A runtime that nobody asks."""

    def begin(self, runtime_api: str) -> None:
        """Never called."""
        raise AssertionError(runtime_api)

    def end(self) -> None:
        """There is nothing to end."""


def test_a_door_that_cannot_open_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens it does not wait for ever."""

    def fails(_: object) -> None:
        raise OSError("no port")

    monkeypatch.setattr(function_url, "serving", fails)
    said: SimpleQueue[object] = SimpleQueue()

    def open_it() -> None:
        try:
            with door.serving(NoRuntime()) as url:
                said.put(url)
        except OSError as error:
            said.put(str(error))

    Thread(target=open_it, daemon=True).start()
    assert said.get(timeout=SOON) == "no port"
