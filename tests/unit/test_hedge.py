"""fanin.policies.hedge: a second attempt beside one that is slow; the first answer counts."""

import asyncio
import gc
from typing import Any

import pytest

from fanin.errors import NotFound, SourceRejected, SourceTimeout, SourceUnavailable
from fanin.outcome import Outcome
from fanin.pipeline import Call
from fanin.testing import Script, fails, fake_clock, gives, hangs
from tests.unit.piped import Api, asked, one_after_another, piped, source_of, starts
from tests.unit.scenario import call_of

HEDGE = 'hedge = { after = "200ms" }'


def test_an_attempt_in_time_stays_alone() -> None:
    """A value as well as a failure: hedging is for what is slow."""
    for script in (gives({}, after=0.19), fails(SourceUnavailable, after=0.19)):
        api = Api(script)
        _, call = asked(HEDGE, api)
        assert len(api.calls) == 1
        assert call.span.events == []


@pytest.mark.parametrize(
    ("first", "second", "value", "ends"),
    [
        (gives("first", after=0.5), gives("second", after=0.1), "second", 0.3),
        (gives("first", after=0.5), gives("second", after=1.0), "first", 0.5),
        (hangs(), gives("second", after=0.1), "second", 0.3),
        (gives("first", after=0.5), fails(SourceUnavailable, after=0.1), "first", 0.5),
        (fails(SourceUnavailable, after=0.3), gives("second", after=0.4), "second", 0.6),
    ],
    ids=["the second is faster", "the first is", "the first hangs", "the second fails", "the first fails"],
)
def test_the_first_value_is_the_answer(first: Script, second: Script, value: str, ends: float) -> None:
    """As soon as it is there; the other attempt is cancelled, and has tidied up by then."""
    api = Api(first, second)
    outcome, call = asked(HEDGE, api)
    assert (outcome.value, outcome.attempts, api.open) == (value, 2, 0)
    assert starts(call.span.attempts) == [0, 200]
    assert call.span.ended == pytest.approx(ends)
    assert [event.did for event in call.span.events] == ["a second attempt after 200 ms"]


@pytest.mark.parametrize("ends", [0.3, 0.9])
def test_where_both_fail_the_failure_is_the_firsts(ends: float) -> None:
    """Whichever ended first."""
    outcome, _ = asked(HEDGE, Api(fails(SourceTimeout, after=0.6), fails(SourceRejected, after=ends - 0.2)))
    assert isinstance(outcome.error, SourceTimeout)
    assert outcome.attempts == 2


def test_that_there_is_no_such_thing_is_an_answer() -> None:
    """Nobody waits for the other to say so."""
    outcome, call = asked(HEDGE, Api(hangs(), fails(NotFound, after=0.1)))
    assert isinstance(outcome.error, NotFound)
    assert call.span.ended == pytest.approx(0.3)


@pytest.mark.parametrize("how", ["timeout", "cancelled"])
def test_both_end_with_the_call(how: str) -> None:
    """At its timeout, or where nobody waits for it any more; no task is left."""
    source, api = source_of(f'timeout = "1s"\n{HEDGE}'), Api(hangs())

    async def body() -> tuple[float, int]:
        call = asyncio.ensure_future(_called())
        await asyncio.wait([call], timeout=0.5 if how == "cancelled" else None)
        call.cancel()
        await asyncio.wait([call])
        return fake_clock.now(), len(asyncio.all_tasks())

    async def _called() -> Outcome[Any]:
        return await piped(source, api)(call_of(source))

    at, tasks = fake_clock.run(body())
    assert at == pytest.approx(0.5 if how == "cancelled" else 1.0)
    assert (len(api.calls), api.open, tasks) == (2, 0, 1)


def test_an_error_that_comes_with_the_value_is_not_reported(caplog: pytest.LogCaptureFixture) -> None:
    """asyncio writes to the log what nobody has looked at."""
    outcome, _ = asked(HEDGE, Api(gives("first", after=0.5), fails(SourceUnavailable, after=0.3)))
    gc.collect()
    assert outcome.value == "first"
    assert caplog.messages == []


def test_a_loser_that_takes_its_time_to_end_is_waited_for() -> None:
    """Its connection is closed when the call ends, not some time later."""
    tidied = []

    async def reluctant(call: Call) -> Outcome[Any]:
        try:
            return await hangs()(call)
        finally:
            await asyncio.sleep(0.05)
            tidied.append(fake_clock.now())

    _, call = asked(HEDGE, Api(reluctant, gives({}, after=0.1)))
    assert tidied == [pytest.approx(0.35)]
    assert call.span.ended == pytest.approx(0.35)


class TestBudget:
    """Second attempts are a share of the calls."""

    @pytest.mark.parametrize("script", [gives({}, after=0.5), hangs()], ids=["slow", "dead"])
    def test_a_slow_source_is_asked_a_tenth_more_often(self, script: Script) -> None:
        """It may be slow because it has too much to do."""
        api = Api(script)
        one_after_another(f'timeout = "1s"\n{HEDGE}', api, 1000)
        assert 1080 < len(api.calls) <= 1100

    def test_they_count_on_the_budget_of_retries_too(self) -> None:
        """A dead source is asked a fifth more often at most, whatever is configured."""
        api = Api(hangs())
        lines = f'timeout = "2s"\nattempt_timeout = "500ms"\nretry = {{ attempts = 3 }}\n{HEDGE}'
        one_after_another(lines, api, 2000)
        assert 2300 < len(api.calls) <= 2400

    def test_a_retry_earns_nothing(self) -> None:
        """The share is that of calls."""
        api = Api(hangs())
        lines = f'timeout = "2s"\nattempt_timeout = "500ms"\nretry = {{ attempts = 3, budget = 1 }}\n{HEDGE}'
        calls = one_after_another(lines, api, 1000)
        hedges = sum(event.policy == "hedge" for call in calls for event in call.span.events)
        assert 80 < hedges <= 100
