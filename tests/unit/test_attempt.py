"""fanin.policies.observe: each request to the source, written down."""

import asyncio
import contextlib

import pytest

from fanin.errors import AddressRefused, SourceUnavailable
from fanin.policies.observe import attempt
from fanin.testing import fake_clock
from tests.unit.scenario import Script, call_of, config_of, fails, gives, hangs

SOURCE = config_of('[sources.a]\nurl = "https://a.example"\n[endpoints]\n').sources["a"]


@pytest.mark.parametrize(
    ("script", "result", "ends"),
    [
        (gives(1, after=0.3), "value", 0.3),
        (fails(SourceUnavailable, after=0.2), "source-unavailable", 0.2),
        (hangs(), "cancelled", 1.0),
    ],
    ids=["value", "failure", "cancelled"],
)
def test_what_an_attempt_came_to_is_written_down(script: Script, result: str, ends: float) -> None:
    """With its times, also where somebody stopped waiting for it."""
    call = call_of(SOURCE)

    async def body() -> None:
        task = asyncio.create_task(_made())
        await asyncio.wait([task], timeout=1)
        task.cancel()
        await asyncio.wait([task])

    async def _made() -> None:
        with contextlib.suppress(SourceUnavailable):
            await attempt(fake_clock.now)(script)(call)

    fake_clock.run(body())
    (made,) = call.span.attempts
    assert (made.result, made.started) == (result, 0.0)
    assert made.ended == pytest.approx(ends)


def test_what_fanin_refuses_is_no_attempt() -> None:
    """Nothing of it reached the source."""
    call = call_of(SOURCE)

    async def body() -> None:
        with pytest.raises(AddressRefused):
            await attempt(fake_clock.now)(fails(AddressRefused))(call)

    fake_clock.run(body())
    assert call.span.attempts == []
