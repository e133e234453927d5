"""What ends the processes that a program has left."""

import signal

import pytest

from fanin.local.process import reaper


def test_what_was_killed_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes a while to end it."""
    sent, looks = list[int](), iter([True, True, False])

    def send(_: int, number: int) -> bool:
        sent.append(number)
        return next(looks) if sent.count(signal.SIGKILL) and number == 0 else True

    monkeypatch.setattr(reaper, "send", send)
    monkeypatch.setattr(reaper, "GRACE", 0.0)
    reaper.end({1})
    assert sent == [signal.SIGTERM, signal.SIGKILL, 0, 0, 0]
