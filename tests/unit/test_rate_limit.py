"""fanin.policies.rate_limit: attempts wait for their turn, so that a source is asked no more often than it allows."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.engine.call import Call
from fanin.engine.outcome import Outcome
from fanin.errors import RateLimited, SourceUnavailable
from fanin.policies.rate_limit import Line
from fanin.stores.errors import StoreUnavailable
from fanin.stores.limit import MAX_HOLD
from fanin.testing import fails, fake_clock, gives
from tests.unit.piped import Api, answers, asked, piped, source_of, starts
from tests.unit.scenario import call_of

TWO = 'rate_limit = { calls = 2, per = "1s" }'
SHARED = 'rate_limit = { calls = 2, per = "1s", shared = true }'
MANY = [429, 503]


class Counter:
    """What all environments share, in memory: whole periods, as a table would count them."""

    def __init__(self) -> None:
        self.counted: dict[tuple[str, int], int] = {}
        self.held_until = 0.0
        self.down = False

    async def take(self, key: str, calls: int, per: float, now: float) -> float:
        await asyncio.sleep(0.001)
        if self.down:
            raise StoreUnavailable
        if now < self.held_until:
            return self.held_until
        period = int(now // per)
        if self.counted.get((key, period), 0) >= calls:
            return (period + 1) * per
        self.counted[key, period] = self.counted.get((key, period), 0) + 1
        return now

    async def hold(self, key: str, until: float) -> None:
        assert key
        if self.down:
            raise StoreUnavailable
        self.held_until = max(self.held_until, until)


def at_once(lines: str, api: Api, times: int, *, counter: Counter | None = None, environments: int = 1) -> list[Call]:
    """Call a source so many times at once, in so many environments, each call with 10 s."""
    source = source_of(lines)
    calls = [call_of(source) for _ in range(times)]

    async def body() -> None:
        pipelines = [piped(source, api, limits=counter) for _ in range(environments)]
        await asyncio.gather(*[pipelines[number % environments](call) for number, call in enumerate(calls)])

    fake_clock.run(body())
    return calls


def all_starts(calls: list[Call]) -> list[float]:
    """Give when each attempt of these calls started, in milliseconds, in order."""
    return sorted(start for call in calls for start in starts(call.span.attempts))


def test_calls_wait_for_their_turn_in_the_order_in_which_they_came() -> None:
    """Two within any second; nobody is refused who has the time."""
    calls = at_once(TWO, Api(gives({})), 6)
    assert [starts(call.span.attempts) for call in calls] == [[0], [0], [1000], [1000], [2000], [2000]]
    assert [(event.policy, event.did) for event in calls[2].span.events] == [("rate_limit", "waits 1 s for its turn")]


@given(
    calls=st.integers(1, 5),
    gaps=st.lists(st.floats(0, 2), min_size=1, max_size=40),
    holds=st.lists(st.floats(0, 3), max_size=3),
)
def test_there_are_never_more_within_any_length_of_time(calls: int, gaps: list[float], holds: list[float]) -> None:
    """However they come, and turns are given in their order."""
    line, now, turns = Line(calls, 1.0), 0.0, []
    for number, gap in enumerate(gaps):
        now += gap
        if number % 10 == 9 and holds:
            line.hold(now + holds.pop())
        turn = line.take(now, before=now + 100)
        assert turn is not None
        assert turn >= now
        turns.append(turn)
    assert turns == sorted(turns)
    assert all(later - earlier >= 1.0 - 1e-9 for earlier, later in zip(turns, turns[calls:], strict=False))


def test_a_turn_that_comes_too_late_is_refused_at_once() -> None:
    """And is left to others; the source hears nothing of it."""
    api = Api(gives({}))
    source = source_of(f'timeout = "500ms"\n{TWO}')

    async def body() -> tuple[list[Outcome[Any]], float]:
        pipeline = piped(source, api)
        calls = [call_of(source) for _ in range(5)]
        return await asyncio.gather(*map(pipeline, calls)), calls[-1].span.duration

    outcomes, took = fake_clock.run(body())
    assert [outcome.complete for outcome in outcomes] == [True, True, False, False, False]
    assert isinstance(error := outcomes[-1].error, RateLimited)
    assert (error.attempts, took, len(api.calls)) == (0, 0.0, 2)


def test_every_attempt_takes_a_turn() -> None:
    """Retries and second attempts are calls like others to the source."""
    lines = f'retry = {{ attempts = 3, base = "1ms" }}\n{TWO}'
    _, call = asked(lines, Api(fails(SourceUnavailable)))
    assert starts(call.span.attempts)[2] == 1000


def test_a_refused_retry_leaves_the_failure_as_it_was() -> None:
    """What the source did goes before what fanin did not do."""
    lines = f'timeout = "600ms"\nretry = {{ attempts = 3, base = "1ms" }}\n{TWO}'
    outcome, _ = asked(lines, Api(fails(SourceUnavailable)))
    assert isinstance(outcome.error, SourceUnavailable)
    assert outcome.error.attempts == 2


class TestRetryAfter:
    """A source that asks to be left alone is, by everybody."""

    @pytest.mark.parametrize("status", MANY)
    def test_all_calls_of_the_environment_wait(self, status: int) -> None:
        """Those that had been given a turn before included, and still no more than allowed."""
        first = answers(status, {"retry-after": "5"}, after=0.1)
        calls = at_once(TWO, Api(first, gives({})), 5)
        assert all_starts(calls) == [0, 0, 5100, 5100, 6100]

    def test_nobody_waits_longer_than_is_reasonable(self) -> None:
        """A slip of the source's does not silence it for years."""
        source, api = source_of(TWO), Api(answers(429, {"retry-after": "999999999"}), gives({}))

        async def body() -> list[Outcome[Any]]:
            pipeline = piped(source, api)
            outcomes = [await pipeline(call_of(source, fake_clock.now() + 10)) for _ in range(2)]
            await asyncio.sleep(MAX_HOLD)
            return [*outcomes, await pipeline(call_of(source, fake_clock.now() + 10))]

        refused, waiting, answered = fake_clock.run(body())
        assert isinstance(refused.error, SourceUnavailable)
        assert isinstance(waiting.error, RateLimited)
        assert answered.complete

    def test_all_other_environments_wait_too(self) -> None:
        """Through the store."""
        first = answers(429, {"retry-after": "5"}, after=0.1)
        calls = at_once(SHARED, Api(first, gives({})), 6, counter=Counter(), environments=6)
        assert all_starts(calls)[:2] == [1, 1]
        assert all(start >= 5100 for start in all_starts(calls)[2:])


class TestShared:
    """All environments together."""

    def test_ask_no_more_often_than_one_may(self) -> None:
        """Two a second, whatever the number of environments."""
        calls = at_once(SHARED, Api(gives({})), 10, counter=Counter(), environments=10)
        starts = all_starts(calls)
        assert [int(start // 1000) for start in starts] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]

    def test_without_it_each_counts_for_itself(self) -> None:
        """The default: no call waits for a store."""
        counter = Counter()
        calls = at_once(TWO, Api(gives({})), 10, counter=counter, environments=10)
        assert set(all_starts(calls)) == {0}
        assert counter.counted == {}

    def test_a_turn_that_comes_too_late_is_refused(self) -> None:
        """As in the environment's own line."""
        calls = at_once(f'timeout = "600ms"\n{SHARED}', Api(gives({})), 5, counter=Counter(), environments=5)
        assert all_starts(calls) == [1, 1]

    def test_while_the_store_is_down_each_environment_has_its_own_limit(self) -> None:
        """Calls are made, and it is written down."""
        counter = Counter()
        counter.down = True
        calls = at_once(SHARED, Api(answers(429, {"retry-after": "2"}), gives({})), 6, counter=counter, environments=2)
        assert len(all_starts(calls)) == 6
        assert any(event.did == "the store does not answer" for event in calls[0].span.events)
