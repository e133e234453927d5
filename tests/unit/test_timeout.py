"""fanin.policies.timeout: the whole call ends by the clock."""

from typing import Any

import pytest

from fanin.engine.call import Call
from fanin.engine.outcome import Outcome
from fanin.errors import SourceTimeout
from fanin.policies.timeout import timeout
from fanin.testing import fake_clock
from tests.unit.scenario import Script, call_of, config_of, fails, gives, hangs


def source(seconds: str | None = "0.8s") -> Any:
    """Make a source with a timeout, or without one."""
    lines = f'timeout = "{seconds}"' if seconds else ""
    return config_of(f'[sources.a]\nurl = "https://a.example"\n{lines}\n[endpoints]\n').sources["a"]


def timed(fetch: Script, call: Call) -> tuple[Outcome[Any] | Exception, float]:
    """Make a call through the policy on a fresh fake clock; give what came of it, and when."""

    async def body() -> tuple[Outcome[Any] | Exception, float]:
        try:
            return await timeout(fake_clock.now)(fetch)(call), fake_clock.now()
        except SourceTimeout as error:
            return error, fake_clock.now()

    return fake_clock.run(body())


@pytest.mark.parametrize(
    ("own", "deadline", "ends", "said"),
    [
        ("800ms", 10.0, 0.8, "800 ms"),
        ("800ms", 0.5, 0.5, "500 ms"),
        ("3s", 2.5, 2.5, "2.5 s"),
        (None, 3.0, 3.0, "3 s"),
    ],
)
def test_a_hanging_call_ends_at_its_timeout_or_the_deadline(
    own: str | None, deadline: float, ends: float, said: str
) -> None:
    """Whichever is first, to the moment, and the message says how long was waited."""
    error, at = timed(hangs(), call_of(source(own), deadline))
    assert isinstance(error, SourceTimeout)
    assert at == pytest.approx(ends)
    assert error.detail == f"a did not answer within {said}"
    assert (error.source, error.attempts) == ("a", 1)


@pytest.mark.parametrize("deadline", [0.0, -5.0])
def test_without_time_left_no_call_is_made(deadline: float) -> None:
    """The fetch is not even begun, and no attempt is counted."""
    made = False

    async def fetch(_: Call) -> Outcome[Any]:
        nonlocal made
        made = True
        return Outcome(1)

    error, at = timed(fetch, call_of(source(), deadline))
    assert isinstance(error, SourceTimeout)
    assert (error.attempts, at, made) == (0, 0.0, False)
    assert "before a could be asked" in error.detail


def test_an_answer_in_time_comes_through() -> None:
    """As it is, when it is there."""
    outcome, at = timed(gives(5, after=0.79), call_of(source()))
    assert isinstance(outcome, Outcome)
    assert outcome.value == 5
    assert at == pytest.approx(0.79)


def test_the_fetch_is_cancelled_and_may_tidy_up() -> None:
    """No connection is left behind by a call that took too long."""
    tidied = False

    async def fetch(call: Call) -> Outcome[Any]:
        nonlocal tidied
        try:
            return await hangs()(call)
        finally:
            tidied = True

    timed(fetch, call_of(source()))
    assert tidied


def test_other_failures_come_through() -> None:
    """The policy knows its own cause alone."""
    with pytest.raises(Exception, match="as the script says"):
        timed(fails(after=0.1), call_of(source()))


def test_the_clock_may_start_anywhere() -> None:
    """The deadline is a moment of the policy's clock, not of the loop's."""

    async def body() -> float:
        call = call_of(source(None), deadline=1000.5)
        with pytest.raises(SourceTimeout):
            await timeout(lambda: 1000.0 + fake_clock.now())(hangs())(call)
        return fake_clock.now()

    assert fake_clock.run(body()) == pytest.approx(0.5)
