"""fanin.policies.hedge: a second attempt beside one that is slow; the first answer counts."""

import asyncio
import gc
from typing import Any

import pytest

from fanin.engine.call import Call, Response
from fanin.engine.outcome import Outcome
from fanin.errors import NotFound, SourceRejected, SourceTimeout, SourceUnavailable
from fanin.testing import Script, fails, fake_clock, gives, hangs
from tests.unit.piped import Api, asked, one_after_another, piped, source_of, starts
from tests.unit.scenario import call_of


def stubborn(script: Script) -> Script:
    """Do something else than end when cancelled."""

    async def hang(call: Call) -> Outcome[Any]:
        try:
            return await hangs()(call)
        except asyncio.CancelledError:
            return await script(call)

    return hang


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


@pytest.mark.parametrize("scripts", [(hangs(), fails(NotFound, after=0.1)), (fails(NotFound, after=0.3), hangs())])
def test_that_there_is_no_such_thing_is_an_answer(scripts: tuple[Script, Script]) -> None:
    """Nobody waits for the other to say so."""
    outcome, call = asked(HEDGE, Api(*scripts))
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


def test_a_call_that_is_cancelled_and_takes_its_time_to_end_has_no_second_attempt() -> None:
    """Nobody wants its answer any more."""
    source, api = source_of(HEDGE), Api(stubborn(gives("late", after=1.0)))

    async def body() -> None:
        call = asyncio.ensure_future(_called())
        await asyncio.wait([call], timeout=0.1)
        call.cancel()
        await asyncio.wait([call])

    async def _called() -> Outcome[Any]:
        return await piped(source, api)(call_of(source))

    fake_clock.run(body())
    assert len(api.calls) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (gives("first", after=0.5), gives("second", after=0.3)),
        (fails(SourceUnavailable, after=0.5), gives("second", after=0.3)),
        (gives("first", after=0.5), fails(NotFound, after=0.3)),
        (hangs(), gives("second", after=0.3)),
        (stubborn(gives("first")), gives("second", after=0.3)),
        (stubborn(fails(SourceUnavailable)), gives("second", after=0.3)),
    ],
    ids=["both answer", "the first fails", "the second finds nothing", "the first hangs", "answers late", "fails late"],
)
def test_whatever_comes_at_one_moment_the_callers_task_is_not_cancelled(first: Script, second: Script) -> None:
    """The call's task outlives the race unharmed."""
    source, api = source_of(HEDGE), Api(first, second)

    async def body() -> tuple[Outcome[Any], int]:
        outcome = await piped(source, api)(call_of(source))
        task = asyncio.current_task()
        assert task
        await asyncio.sleep(1)
        return outcome, task.cancelling()

    outcome, cancelling = fake_clock.run(body())
    assert cancelling == 0
    assert outcome.value in {"first", "second"} or isinstance(outcome.error, NotFound)


def test_a_timeout_at_the_moment_of_the_second_answer_is_one_or_the_other() -> None:
    """And never an error of fanin's own."""
    source, api = source_of(f'timeout = "500ms"\n{HEDGE}'), Api(hangs(), gives("second", after=0.3))

    async def body() -> Outcome[Any]:
        outcome = await piped(source, api)(call_of(source))
        await asyncio.sleep(1)
        return outcome

    outcome = fake_clock.run(body())
    assert outcome.value == "second" or isinstance(outcome.error, SourceTimeout)
    assert api.open == 0


def test_a_client_that_goes_in_the_moment_of_the_second_answer_is_gone() -> None:
    """Its cancelling is not taken for that of the race."""
    source = source_of(HEDGE)

    async def body() -> tuple[bool, int]:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task

        async def second(call: Call) -> Outcome[Any]:
            outcome = await gives("second", after=0.1)(call)
            loop.call_soon(lambda: loop.call_soon(task.cancel))  # behind the end of this attempt, before the call's
            return outcome

        try:
            await piped(source, Api(hangs(), second))(call_of(source))
        except asyncio.CancelledError:
            return True, task.cancelling()
        return False, task.cancelling()

    assert fake_clock.run(body()) == (True, 1)


def test_an_error_a_moment_before_the_value_is_not_reported(caplog: pytest.LogCaptureFixture) -> None:
    """It is seen, although the race is over when it would be looked at."""
    source = source_of(HEDGE)

    async def body() -> Outcome[Any]:
        ends = [asyncio.get_running_loop().create_future() for _ in range(2)]

        async def first(_: Call) -> Outcome[Any]:
            await ends[0]
            return Outcome(Response(200, {}, b'"first"'))

        async def second(call: Call) -> Outcome[Any]:
            await ends[1]
            raise SourceUnavailable(call.source.name, "late")

        call = asyncio.ensure_future(piped(source, Api(first, second))(call_of(source)))
        await asyncio.sleep(0.3)
        ends[1].set_result(None)
        ends[0].set_result(None)
        return await call

    assert fake_clock.run(body()).value == "first"
    gc.collect()
    assert caplog.messages == []


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


def test_an_attempt_that_waits_for_its_turn_stays_alone() -> None:
    """A second one would only wait behind it."""
    api = Api(gives({}))
    calls = one_after_another(f'{HEDGE}\nrate_limit = {{ calls = 1, per = "1s" }}', api, 3)
    assert [len(call.span.attempts) for call in calls] == [1, 1, 1]
    assert {event.policy for call in calls for event in call.span.events} == {"rate_limit"}


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
