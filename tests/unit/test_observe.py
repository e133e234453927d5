"""fanin.policies.observe: the call's times, and its failure as an outcome."""

import asyncio
from typing import Any

import pytest

from fanin.engine.call import Call
from fanin.engine.outcome import Outcome
from fanin.errors import SourceRejected
from fanin.policies.observe import attempt, observe
from fanin.testing import fake_clock
from tests.unit.scenario import Script, call_of, config_of, fails, gives, hangs

SOURCE = config_of('[sources.a]\nurl = "https://a.example"\n[endpoints]\n').sources["a"]


@pytest.mark.parametrize("script", [gives(1, after=0.3), fails(after=0.3)], ids=["value", "failure"])
def test_start_and_end_are_written_down(script: Script) -> None:
    """By the clock, whatever the call came to."""
    call = call_of(SOURCE)

    async def body() -> None:
        await asyncio.sleep(2)
        await observe(fake_clock.now)(script)(call)

    fake_clock.run(body())
    assert (call.span.started, call.span.ended) == pytest.approx((2.0, 2.3))


def test_a_source_error_becomes_an_outcome() -> None:
    """Nothing of a source's failing is raised beyond here."""

    async def body() -> None:
        outcome = await observe(fake_clock.now)(fails(SourceRejected))(call_of(SOURCE))
        assert isinstance(outcome.error, SourceRejected)

    fake_clock.run(body())


def test_attempts_are_those_that_were_made() -> None:
    """Of a value as of a failure; where the answer came from elsewhere, there are none."""

    async def body(script: Script) -> Outcome[Any]:
        return await observe(fake_clock.now)(script)(call_of(SOURCE))

    async def twice(call: Call) -> Outcome[Any]:
        await attempt(fake_clock.now)(gives(1))(call)
        return await attempt(fake_clock.now)(gives(2))(call)

    assert fake_clock.run(body(twice)).attempts == 2
    assert fake_clock.run(body(gives(3))).attempts == 0
    failed = fake_clock.run(body(attempt(fake_clock.now)(fails())))
    assert failed.error
    assert failed.attempts == failed.error.attempts == 1


def test_other_errors_are_not_swallowed() -> None:
    """A mistake of fanin's own is no outcome, and a cancelled call has an end too."""
    call = call_of(SOURCE)

    async def body() -> None:
        task = asyncio.create_task(_outcome())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def _outcome() -> None:
        await observe(fake_clock.now)(hangs())(call)

    fake_clock.run(body())
    assert call.span.ended == pytest.approx(1.0)
