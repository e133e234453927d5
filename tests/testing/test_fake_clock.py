"""fanin.testing.fake_clock: time that is made."""

import asyncio
import contextlib
import time

import pytest

from fanin.testing import fake_clock


def test_waiting_takes_no_time() -> None:
    """But the loop's clock says how long it was."""

    async def body() -> float:
        await asyncio.sleep(3600)
        return fake_clock.now()

    began = time.monotonic()
    assert fake_clock.run(body()) == 3600
    assert time.monotonic() - began < 1


def test_a_thread_is_waited_for() -> None:
    """Its end is no timer's, so no time is made meanwhile."""
    loop = fake_clock.FakeClockLoop()
    with contextlib.closing(loop):
        loop.run_until_complete(asyncio.to_thread(time.sleep, 0.01))
        assert loop.time() == 0


def test_a_wait_without_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than a test that hangs."""
    monkeypatch.setattr(fake_clock, "_PATIENCE", 0.01)

    async def body() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="no timer brings about"):
        fake_clock.run(body())
