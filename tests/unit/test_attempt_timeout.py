"""fanin.policies.timeout: one attempt ends by the clock, so that another still has time."""

from typing import Any

import pytest

from fanin.engine.call import Call
from fanin.engine.outcome import Outcome
from fanin.errors import SourceTimeout
from fanin.policies.timeout import attempt_timeout, timeout
from fanin.testing import fake_clock
from tests.unit.scenario import call_of, config_of, gives, hangs

SOURCE = config_of('[sources.a]\nurl = "https://a.example"\ntimeout = "1s"\n[endpoints]\n').sources["a"]


def test_a_hanging_attempt_ends_at_its_own_timeout() -> None:
    """Before the call does, and the message says how long was waited."""

    async def body() -> tuple[SourceTimeout, float]:
        with pytest.raises(SourceTimeout) as caught:
            await timeout(fake_clock.now)(attempt_timeout(0.3, fake_clock.now)(hangs()))(call_of(SOURCE))
        return caught.value, fake_clock.now()

    error, at = fake_clock.run(body())
    assert at == pytest.approx(0.3)
    assert error.detail == "a did not answer within 300 ms"


@pytest.mark.parametrize("limit", [1.0, 5.0])
def test_the_end_of_the_call_goes_before(limit: float) -> None:
    """An attempt that the call would cut anyway is left to the call's own timeout."""

    async def body() -> tuple[SourceTimeout, float]:
        with pytest.raises(SourceTimeout) as caught:
            await timeout(fake_clock.now)(attempt_timeout(limit, fake_clock.now)(hangs()))(call_of(SOURCE))
        return caught.value, fake_clock.now()

    error, at = fake_clock.run(body())
    assert at == pytest.approx(1.0)
    assert error.detail == "a did not answer within 1 s"


def test_an_answer_in_time_comes_through_and_what_is_inside_knows_the_attempts_end() -> None:
    """A fetch shares out its time by the nearest deadline."""
    deadlines = []

    async def fetch(call: Call) -> Outcome[Any]:
        deadlines.append(call.deadline)
        return await gives(5, after=0.29)(call)

    async def body() -> Outcome[Any]:
        return await timeout(fake_clock.now)(attempt_timeout(0.3, fake_clock.now)(fetch))(call_of(SOURCE))

    assert fake_clock.run(body()).value == 5
    assert deadlines == [pytest.approx(0.3)]
