"""fanin.policies.retry: another attempt where one failed, after a wait, within a budget and before the deadline."""

from random import Random

import pytest

from fanin.errors import NotFound, SourceError, SourceRejected, SourceTimeout, SourceUnavailable, SourceUndecodable
from fanin.policies.budget import ADVANCE, SAVED
from fanin.testing import Script, fails, gives, hangs
from tests.unit.piped import Api, answers, asked, one_after_another, starts

RETRY = "retry = { attempts = 3 }"


def test_attempts_count_the_first() -> None:
    """Three are the first and two more; the failure is the last one's, and says how many there were."""
    api = Api(fails(SourceUnavailable), fails(SourceUnavailable), fails(SourceTimeout), gives({}))
    outcome, call = asked(RETRY, api)
    assert isinstance(outcome.error, SourceTimeout)
    assert outcome.attempts == outcome.error.attempts == len(api.calls) == 3
    assert [attempt.result for attempt in call.span.attempts] == [
        "source-unavailable",
        "source-unavailable",
        "source-timeout",
    ]


def test_by_default_there_are_two_attempts() -> None:
    """That is what most of the good of retrying comes from."""
    api = Api(fails(SourceUnavailable))
    asked("retry = {}", api)
    assert len(api.calls) == 2


def test_a_later_attempt_that_comes_to_a_value_is_the_answer() -> None:
    """Complete, with the attempts that it took."""
    outcome, call = asked(RETRY, Api(fails(SourceUnavailable), gives([5])))
    assert (outcome.value, outcome.error, outcome.attempts) == ([5], None, 2)
    assert [(event.policy, event.did) for event in call.span.events] == [
        ("retry", "waits 50 ms after source-unavailable")
    ]


@pytest.mark.parametrize("kind", [NotFound, SourceRejected, SourceUndecodable])
def test_what_would_come_to_the_same_is_not_tried_again(kind: type[SourceError]) -> None:
    """The source has answered, and would answer so again."""
    api = Api(fails(kind), gives({}))
    assert isinstance(asked(RETRY, api)[0].error, kind)
    assert len(api.calls) == 1


class TestWaits:
    """Full jitter, as the AWS Architecture Blog defines it: between nothing and min(cap, base x 2^n)."""

    def test_double(self) -> None:
        """Where chance draws the longest."""
        lines = 'retry = { attempts = 3, base = "100ms" }'
        _, call = asked(lines, Api(fails(SourceUnavailable)))
        assert starts(call.span.attempts) == [0, 100, 300]

    def test_are_capped(self) -> None:
        """No wait is longer."""
        lines = 'retry = { attempts = 3, base = "100ms", cap = "150ms" }'
        _, call = asked(lines, Api(fails(SourceUnavailable)))
        assert starts(call.span.attempts) == [0, 100, 250]

    def test_spread_over_the_whole_length(self) -> None:
        """From nothing to the bound, evenly: callers that failed together do not come back together."""
        randomness, lines = Random(7), 'retry = { base = "100ms" }'
        waits = [
            starts(asked(lines, Api(fails(SourceUnavailable)), randomness=randomness)[1].span.attempts)[1]
            for _ in range(400)
        ]
        assert 0 <= min(waits) < 5
        assert 95 < max(waits) <= 100
        assert 45 < sum(waits) / len(waits) < 55

    @pytest.mark.parametrize(
        "headers",
        [
            {"retry-after": "2"},
            {"retry-after": "Sun, 06 Nov 1994 08:49:39 GMT", "date": "Sun, 06 Nov 1994 08:49:37 GMT"},
        ],
        ids=["seconds", "date"],
    )
    @pytest.mark.parametrize("status", [429, 503])
    def test_are_as_long_as_the_source_asks(self, headers: dict[str, str], status: int) -> None:
        """And spread behind that."""
        _, call = asked(RETRY, Api(answers(status, headers), gives({})))
        assert starts(call.span.attempts) == [0, 2050]


class TestDeadline:
    """No wait is begun behind which there is no time."""

    def test_a_wait_that_reaches_it_is_not_begun(self) -> None:
        """The call fails at once, and what has been tried is known."""
        api = Api(answers(503, {"retry-after": "1"}, after=0.25))
        outcome, call = asked('retry = { base = "250ms" }', api, deadline=1.5)
        assert len(api.calls) == 1
        assert call.span.ended == pytest.approx(0.25)
        assert outcome.error
        assert outcome.error.attempts == 1
        assert [event.did for event in call.span.events] == ["no time to wait 1.25 s for another attempt"]

    def test_the_calls_own_timeout_counts(self) -> None:
        """It bounds waits as it bounds attempts."""
        outcome, call = asked(f'timeout = "1s"\n{RETRY}', Api(answers(503, {"retry-after": "1"})))
        assert outcome.attempts == 1
        assert call.span.ended == pytest.approx(0)

    def test_a_call_that_ends_in_an_attempt_says_how_many_there_were(self) -> None:
        """Timeouts report attempts too."""
        outcome, call = asked(f'timeout = "1s"\n{RETRY}', Api(fails(SourceUnavailable, after=0.3), hangs()))
        assert isinstance(outcome.error, SourceTimeout)
        assert outcome.error.attempts == 2
        assert call.span.ended == pytest.approx(1.0)
        assert [attempt.result for attempt in call.span.attempts] == ["source-unavailable", "cancelled"]

    def test_an_attempt_timeout_leaves_time_for_another(self) -> None:
        """Which is what it is for."""
        outcome, call = asked(f'timeout = "1s"\nattempt_timeout = "300ms"\n{RETRY}', Api(hangs(), gives([])))
        assert outcome.complete
        assert starts(call.span.attempts) == [0, 350]


class TestBudget:
    """Retries are a share of the calls."""

    def test_a_dead_source_is_asked_a_fifth_more_often(self) -> None:
        """10,000 calls, 3 attempts allowed each: at most 12,000 attempts."""
        api = Api(fails(SourceUnavailable))
        one_after_another(RETRY, api, 10_000)
        assert 11_900 < len(api.calls) <= 12_000

    @pytest.mark.parametrize("calls", [15, 16, 20, 50, 333, 1000])
    def test_the_share_holds_from_the_fifteenth_call_on(self, calls: int) -> None:
        """Before, there is a small advance, which is paid back first."""
        api = Api(fails(SourceUnavailable))
        one_after_another(RETRY, api, calls)
        assert len(api.calls) <= 1.2 * calls

    def test_the_first_failures_are_retried(self) -> None:
        """An environment that has just started has earned nothing yet."""
        api = Api(fails(SourceUnavailable))
        calls = one_after_another("retry = {}", api, 5)
        assert [len(call.span.attempts) for call in calls] == [2, 2, 2, 1, 1]
        assert calls[-1].span.events[0].did == "no attempt is left in the budget"

    def test_a_long_healthy_time_leaves_a_few(self) -> None:
        """And no more than that."""
        api = Api(*[gives({})] * 1000, fails(SourceUnavailable))
        one_after_another("retry = {}", api, 1000 + 100)
        assert len(api.calls) <= 1100 + SAVED + 0.2 * 100 + ADVANCE

    def test_the_share_can_be_set(self) -> None:
        """A tenth here."""
        api = Api(fails(SourceUnavailable))
        one_after_another("retry = { attempts = 3, budget = 0.1 }", api, 1000)
        assert 1080 < len(api.calls) <= 1100


@pytest.mark.parametrize("dead", [fails(SourceUnavailable, after=0), hangs()], ids=["refuses", "hangs"])
def test_with_every_policy_a_dead_source_is_hardly_asked(dead: Script) -> None:
    """2,000 calls, one every 10 ms: the breaker lets through a handful each time, and they share the budget."""
    lines = """
        timeout = "800ms"
        attempt_timeout = "300ms"
        retry = { attempts = 3 }
        circuit_breaker = { open = "1s" }
        hedge = { after = "100ms" }
        rate_limit = { calls = 1000 }
        fallback = { value = {} }
    """
    api = Api(dead)
    calls = one_after_another(lines, api, 2000, after=lambda _: 0.01)
    assert len(api.calls) <= 400
    assert all(call.span.events[-1].policy == "fallback" for call in calls)
