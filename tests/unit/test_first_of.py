"""Sources with `first_of` on a fake clock: when others are asked beside a slow one, and what is given up."""

import asyncio
from typing import Any

import pytest

from fanin.config import parse
from fanin.config.budget import worst_case
from fanin.config.finding import ConfigError
from fanin.engine.call import Call
from fanin.engine.outcome import Outcome
from fanin.errors import DependencyFailed, NotFound, SourceTimeout, SourceUnavailable, ValueRefused
from fanin.testing import fake_clock
from tests.unit.scenario import Scenario, Script, fails, gives, hangs, scenario

TEXT = """
[sources.a]
url = "https://a.example"
timeout = "2s"
[sources.key]
url = "https://key.example"
timeout = "1s"
[sources.b]
url = "https://b.example/{key.k}"
timeout = "2s"
[sources.c]
url = "https://c.example"
timeout = "2s"
[sources.first]
first_of = ["a", "b", "c"]
[endpoints.e]
path = "/e"
sources = ["first"]
"""
HEDGED = TEXT.replace('"c"]', '"c"]\nhedge = { after = "200ms" }')


def scene(text: str = HEDGED, **scripts: Script) -> Scenario:
    """Make the scenario; by default each source answers with its name in 100 ms."""
    usual = {name: gives({"k": name}, 0.1) for name in ("a", "b", "c", "key")}
    return scenario(text, **(usual | scripts))


def test_one_that_answers_in_time_is_alone() -> None:
    """No timer is waited for."""
    asked = scene()
    result = asked.run()
    assert asked.started == {"a": 0.0}
    assert result.trace.spans["first"].duration == pytest.approx(0.1)
    assert list(result.outcomes) == ["first"]


def test_beside_a_slow_one_the_next_is_asked_with_what_it_needs() -> None:
    """Its value counts; the slow one is cancelled, and has ended."""
    asked = scene(a=hangs(), key=gives({"k": 1}, 0.05))
    result = asked.run()
    assert asked.started == pytest.approx({"a": 0.0, "key": 0.2, "b": 0.25})
    outcome = result.outcomes["first"]
    assert (outcome.value, outcome.told, outcome.complete) == ({"k": "b"}, {"from": "b"}, True)
    assert result.trace.spans["first"].ended == pytest.approx(0.35)
    assert sorted(asked.ended) == ["a", "b", "key"]
    assert [attempt.result for attempt in result.trace.spans["a"].attempts] == ["cancelled"]
    assert result.trace.spans["a"].ended == pytest.approx(0.35)


def test_the_first_may_still_win() -> None:
    """And what was asked beside it is given up, with what only that needed."""
    asked = scene(a=gives({"k": "a"}, 0.25), key=hangs())
    result = asked.run()
    assert result.outcomes["first"].told == {"from": "a"}
    assert result.trace.spans["first"].ended == pytest.approx(0.25)
    assert sorted(asked.ended) == ["a", "key"]
    assert result.trace.spans["key"].ended == pytest.approx(0.25)


def test_each_slow_one_brings_the_next() -> None:
    """After the same time again."""
    asked = scene(a=hangs(), b=hangs(), key=gives({"k": 1}, 0.0))
    result = asked.run()
    assert asked.started == pytest.approx({"a": 0.0, "key": 0.2, "b": 0.2, "c": 0.4})
    assert result.outcomes["first"].told == {"from": "c"}


def test_a_timer_of_one_that_has_failed_brings_nobody() -> None:
    """The next was asked for the failure, and has its own time."""
    asked = scene(a=fails(SourceUnavailable, 0.15), key=gives({"k": 1}, 0.0), b=gives({"k": 2}, 0.15))
    result = asked.run()
    assert asked.started == pytest.approx({"a": 0.0, "key": 0.15, "b": 0.15})
    assert result.outcomes["first"].value == {"k": 2}


def test_without_hedge_a_slow_one_is_waited_for() -> None:
    """Until its own timeout."""
    asked = scene(TEXT, a=hangs())
    result = asked.run()
    assert asked.started == pytest.approx({"a": 0.0, "key": 2.0, "b": 2.1})
    assert result.outcomes["first"].told == {"from": "b"}
    assert isinstance(result.asked["a"].error, SourceTimeout)
    assert not result.failures


def test_a_null_counts_only_where_nobody_has_more() -> None:
    """As of a source that calls it null that there is no such thing, or one that is skipped."""
    text = TEXT.replace("[sources.c]", '[sources.c]\nwhen = "key.never"').replace(
        "[sources.key]", 'missing = "null"\n[sources.key]'
    )
    more = scene(text, a=fails(NotFound)).run().outcomes["first"]
    assert more.told == {"from": "b"}
    none = scene(text, a=fails(NotFound), b=fails(SourceUnavailable)).run().outcomes["first"]
    assert (none.value, none.told, none.error) == (None, {"from": "a"}, None)


def test_one_whose_when_fails_keeps_its_failure() -> None:
    """Also if sources that it would have asked could not run: it has asked none."""
    text = TEXT.replace("first_of", 'when = "sum(c) > `1`"\nfirst_of').replace('["first"]', '["first", "b"]')
    result = scene(text, key=fails()).run()
    assert isinstance(result.failures["b"], DependencyFailed)
    assert isinstance(result.failures["first"], ValueRefused)


def test_attempts_are_those_of_all_that_were_asked() -> None:
    """Of a failure too."""
    result = scene(TEXT, a=fails(), b=fails(), c=fails()).run()
    assert result.outcomes["first"].attempts == result.failures["first"].attempts == 3
    assert result.failures["first"].source == "first"


def test_no_task_is_left_after_a_race() -> None:
    """And cancelling a request cancels all that is under way."""

    async def body() -> int:
        asked = scene(a=hangs(), key=hangs())
        request = asyncio.create_task(asked.request(deadline=1000))
        await asyncio.sleep(0.45)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        assert sorted(asked.ended) == ["a", "c", "key"]
        return len(asyncio.all_tasks())

    assert fake_clock.run(body()) == 1


def test_the_worst_case_is_one_after_another() -> None:
    """With what each needs."""
    config = parse(f"fanin = 1\n{TEXT}", {})
    slots = worst_case(config.endpoints["e"], config.sources)
    assert slots["first"].ends == pytest.approx(2.0 + 2.0 + 2.0)


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ('["a", "b", "c"]', '["a"]', "bad-first-of"),
        ('["a", "b", "c"]', '["a", "b", "a"]', "bad-first-of"),
        ('["a", "b", "c"]', '["a", "z"]', "unknown-source"),
        ('["a", "b", "c"]', '["a", "first"]', "cycle"),
        ('"https://c.example"', '"https://c.example"\nmethod = "POST"', "bad-first-of"),
        ('"c"]', '"c"]\nretry = { attempts = 2 }', "misplaced-key"),
        ('"c"]', '"c"]\nhedge = { after = "1s", budget = 0.5 }', "unknown-key"),
    ],
)
def test_each_mistake_is_found(before: str, after: str, rule: str) -> None:
    """Alone."""
    with pytest.raises(ConfigError) as caught:
        parse(f"fanin = 1\n{TEXT}".replace(before, after), {})
    assert [finding.rule for finding in caught.value.findings] == [rule]


def test_a_timer_that_comes_up_while_a_cancelled_request_ends_begins_nothing() -> None:
    """The client has gone, and a call takes its time to end: asyncio would write an error to the log."""
    untaken: list[str] = []

    async def slow_to_end(call: Call) -> Outcome[Any]:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(1.0)
        raise AssertionError(call)

    asked = scene(a=slow_to_end)

    async def cancelled() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: untaken.append(context["message"]))
        request = asyncio.create_task(asked.request())
        await asyncio.sleep(0.1)
        request.cancel()
        await asyncio.wait({request})
        assert request.cancelled()

    fake_clock.run(cancelled())
    assert untaken == []
    assert asked.started == {"a": 0.0}
