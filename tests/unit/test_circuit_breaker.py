"""fanin.policies.circuit_breaker: a source that fails too often is left alone for a while, then probed."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from fanin.engine.outcome import Outcome
from fanin.errors import (
    AddressRefused,
    CircuitOpen,
    NotFound,
    SourceError,
    SourceRejected,
    SourceTimeout,
    SourceTooLarge,
    SourceUnavailable,
    SourceUndecodable,
)
from fanin.testing import Script, fails, fake_clock, gives, hangs
from tests.unit.piped import Api, one_after_another, piped, source_of
from tests.unit.scenario import call_of

BREAKER = 'circuit_breaker = { minimum_calls = 4, open = "10s" }'
UP, DOWN = gives({}), fails(SourceUnavailable)


def problems(lines: str, *scripts: Script, times: int, waits: dict[int, float] | None = None) -> list[str]:
    """Call a source one time after another; give the problem of each call, or nothing."""
    source = source_of(lines)

    async def body() -> list[str]:
        pipeline, came_to = piped(source, Api(*scripts)), []
        for number in range(times):
            await asyncio.sleep((waits or {}).get(number, 0.0))
            outcome = await pipeline(call_of(source, fake_clock.now() + 10))
            came_to.append(outcome.error.problem if outcome.error else "")
        return came_to

    return fake_clock.run(body())


def opened(*scripts: Script) -> bool:
    """Tell whether four calls that do so open the breaker."""
    return problems(BREAKER, *scripts, UP, times=5)[-1] == "circuit-open"


def test_it_opens_where_too_many_of_the_recent_calls_failed() -> None:
    """Half of them, here; below it does not, nor before there are as many as count."""
    assert problems(BREAKER, UP, UP, DOWN, DOWN, times=6) == [
        "",
        "",
        "source-unavailable",
        "source-unavailable",
        "circuit-open",
        "circuit-open",
    ]
    assert "circuit-open" not in problems(BREAKER, UP, UP, UP, DOWN, UP, UP, DOWN, UP, times=8)
    assert problems(BREAKER, DOWN, times=4)[-1] == "source-unavailable"


def test_an_answer_without_content_does_not_open_it() -> None:
    assert [opened(*[gives(b"", status=status)] * 4) for status in (204, 205, 200)] == [False, False, True]


def test_an_open_breaker_makes_no_call() -> None:
    """The source is left alone, and the answer is there at once."""
    api = Api(DOWN)
    calls = one_after_another(BREAKER, api, 50)
    assert len(api.calls) == 4
    assert calls[-1].span.duration == 0
    assert [(event.policy, event.did) for call in calls[3:5] for event in call.span.events] == [
        ("circuit_breaker", "closed: now open"),
        ("circuit_breaker", "open: refused the call"),
    ]


def test_what_is_long_past_does_not_count() -> None:
    """The window slides."""
    lines = 'circuit_breaker = { minimum_calls = 4, window = "30s" }'
    assert "circuit-open" not in problems(lines, DOWN, times=12, waits=dict.fromkeys(range(12), 10.0))


@pytest.mark.parametrize(
    "kinds",
    [
        [SourceUnavailable] * 4,
        [SourceTimeout] * 4,
        [SourceUndecodable] * 4,
        [SourceUnavailable, SourceTimeout, SourceUndecodable, SourceTimeout],
    ],
    ids=["unavailable", "timeout", "undecodable", "mixed"],
)
def test_what_speaks_against_its_health_counts(kinds: Sequence[type[SourceError]]) -> None:
    """It is slow, gone, or answers with an error page."""
    assert opened(*map(fails, kinds))


@pytest.mark.parametrize("kind", [NotFound, SourceRejected, SourceTooLarge, AddressRefused])
def test_answers_and_our_own_refusals_do_not(kind: type[SourceError]) -> None:
    """A 404 is an answer; what fanin refuses, the source has not seen."""
    assert not opened(*[fails(kind)] * 4)


def test_our_own_refusals_are_not_even_counted_as_answers() -> None:
    """They say nothing: the rate is that of the others."""
    others = [fails(kind) for kind in (AddressRefused, NotFound)]
    refused, found = (problems(BREAKER, *[other] * 5, DOWN, times=10)[-1] for other in others)
    assert refused == "circuit-open"
    assert found == "source-unavailable"


def test_a_call_that_hangs_counts() -> None:
    """Although it is cancelled from outside."""
    assert problems(f'timeout = "1s"\n{BREAKER}', hangs(), times=5) == ["source-timeout"] * 4 + ["circuit-open"]


@pytest.mark.parametrize(("left", "counts"), [(0.1, False), (0.6, True)])
def test_a_call_that_came_too_late_does_not_count(left: float, *, counts: bool) -> None:
    """The request's deadline cut it: it had less than half of its timeout."""
    source = source_of(f'timeout = "1s"\n{BREAKER}')

    async def body() -> Outcome[Any]:
        pipeline = piped(source, Api(hangs()))
        for _ in range(4):
            await pipeline(call_of(source, fake_clock.now() + left))
        return await pipeline(call_of(source, fake_clock.now() + 10))

    assert isinstance(fake_clock.run(body()).error, CircuitOpen) == counts


class TestProbes:
    """Behind the time that it stays open, a few calls find out."""

    def test_one_that_succeeds_closes(self) -> None:
        """And the calls before are forgotten."""
        found = problems(BREAKER, *[DOWN] * 4, UP, DOWN, DOWN, UP, times=8, waits={4: 10.0})
        assert found == ["source-unavailable"] * 4 + ["", "source-unavailable", "source-unavailable", ""]

    def test_one_that_fails_opens_for_as_long_again(self) -> None:
        """From when it failed."""
        found = problems(BREAKER, *[DOWN] * 5, UP, times=8, waits={4: 10.0, 6: 9.5, 7: 0.6})
        assert found == ["source-unavailable"] * 5 + ["circuit-open", "circuit-open", ""]

    @pytest.mark.parametrize("probes", [1, 3])
    def test_are_no_more_than_allowed_whatever_comes_at_once(self, probes: int) -> None:
        """All others are refused while they run."""
        api = Api(*[DOWN] * 4, gives({}, after=1.0))
        source = source_of(f"circuit_breaker = {{ minimum_calls = 4, probes = {probes} }}")

        async def body() -> list[Outcome[Any]]:
            pipeline = piped(source, api)
            for _ in range(4):
                await pipeline(call_of(source))
            await asyncio.sleep(10)
            return await asyncio.gather(*[pipeline(call_of(source, 100)) for _ in range(100)])

        outcomes = fake_clock.run(body())
        assert api.most == probes
        assert sum(outcome.complete for outcome in outcomes) == probes
        assert sum(isinstance(outcome.error, CircuitOpen) for outcome in outcomes) == 100 - probes

    def test_whose_client_has_gone_leave_their_place(self) -> None:
        """It came to nothing, so the next call finds out."""
        source = source_of(BREAKER)

        async def body() -> Outcome[Any]:
            pipeline = piped(source, Api(*[DOWN] * 4, hangs(), UP))
            for _ in range(4):
                await pipeline(call_of(source))
            await asyncio.sleep(10)
            probe = asyncio.ensure_future(pipeline(call_of(source, 100)))
            await asyncio.sleep(1)
            probe.cancel()
            await asyncio.wait([probe])
            return await pipeline(call_of(source, 100))

        assert fake_clock.run(body()).complete

    def test_that_hang_open_it_again(self) -> None:
        """Their timeout is a failure like any other."""
        lines = f'timeout = "1s"\n{BREAKER}'
        found = problems(lines, *[DOWN] * 4, hangs(), UP, times=6, waits={4: 10.0})
        assert found[4:] == ["source-timeout", "circuit-open"]

    def test_that_are_late_say_nothing_of_a_later_state(self) -> None:
        """A call of before, when it ends at last, neither closes nor opens."""
        source = source_of(BREAKER)

        async def body() -> list[str]:
            pipeline = piped(source, Api(gives({}, after=9), *[DOWN] * 4, UP))
            late = asyncio.ensure_future(pipeline(call_of(source)))
            await asyncio.sleep(0)
            for _ in range(4):
                await pipeline(call_of(source))
            await late
            outcome = await pipeline(call_of(source, 100))
            return [outcome.error.problem if outcome.error else ""]

        assert fake_clock.run(body()) == ["circuit-open"]
