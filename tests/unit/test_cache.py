"""fanin.policies.cache: what was kept is answered while it holds, and one call asks for all that want to know."""

import asyncio
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from fanin.engine.call import NO_CONTENT, Call, Response
from fanin.errors import NotFound, RateLimited, SourceRejected, SourceTimeout, SourceUnavailable
from fanin.testing import fake_clock
from tests.unit.caching import Cached, says

DOWN = SourceUnavailable("a", "a is down")
SETTINGS = 'fresh = "5m", stale = "1h"'


def events(call: Call) -> list[str]:
    """Say what the cache did in a call."""
    return [event.did for event in call.span.events if event.policy == "cache"]


def test_a_fresh_answer_is_kept_and_ages() -> None:
    async def body() -> None:
        a = Cached(SETTINGS, says(1), says(2))
        first = await a.get()
        assert (first.value, first.state, first.attempts) == (1, "fresh", 0)
        assert first.age == pytest.approx(0.1)
        assert first.fresh_for == pytest.approx(299.9)
        await asyncio.sleep(200)
        second = await a.get()
        assert (second.value, second.state) == (1, "fresh")
        assert second.age == pytest.approx(200.1)
        assert second.fresh_for == pytest.approx(99.9)
        assert a.asked == 1
        assert (await a.get("2")).value == 2

    fake_clock.run(body())


def test_an_answer_without_content_is_kept_and_asked_about_like_any_other() -> None:
    """It is neither asked for again, as null would be, nor remembered as missing."""

    async def body() -> None:
        a = Cached('fresh = "1m"', replace(says(None, 204, etag='"1"'), body=b""), replace(says(None, 304), body=b""))
        for _ in range(2):
            kept = await a.get()
            assert (kept.value, kept.error) == (NO_CONTENT, None)
        assert a.asked == 1
        await asyncio.sleep(61)
        assert (await a.get()).value is NO_CONTENT
        assert a.upstream.calls[1].request.validators == (("If-None-Match", '"1"'),)

    fake_clock.run(body())


def test_without_staleness_an_answer_that_is_past_is_asked_for_anew() -> None:
    async def body() -> None:
        a = Cached('fresh = "5m"', says(1), says(2))
        await a.get()
        await asyncio.sleep(301)
        assert (await a.get()).value == 2

    fake_clock.run(body())


def test_each_reader_gets_a_value_of_its_own() -> None:
    async def body() -> None:
        a = Cached(SETTINGS, says({"list": []}))
        for _ in range(3):
            value: Any = (await a.get()).value
            value["list"].append("mine")
        assert (await a.get()).value == {"list": []}

    fake_clock.run(body())


def test_a_stale_answer_is_answered_at_once_and_refreshed_alongside() -> None:
    async def body() -> None:
        a = Cached(SETTINGS, says(1), says(2))
        await a.get()
        await asyncio.sleep(301)
        before = fake_clock.now()
        call = a.call()
        stale = await a.pipe(call)
        assert fake_clock.now() == before
        assert (stale.value, stale.state, stale.fresh_for, stale.complete) == (1, "stale", 0.0, True)
        assert events(call) == ["is refreshed alongside", "was stale"]
        await asyncio.sleep(0.2)
        renewed = await a.get()
        assert (renewed.value, renewed.state) == (2, "fresh")
        assert a.asked == 2

    fake_clock.run(body())


def test_an_answer_too_stale_is_asked_for() -> None:
    async def body() -> None:
        a = Cached('fresh = "1m", stale = "1m"', says(1), says(2))
        await a.get()
        await asyncio.sleep(121)
        assert (await a.get()).value == 2

    fake_clock.run(body())


def test_while_the_source_is_down_for_an_hour_every_answer_is_there_at_once_and_marked() -> None:
    async def body() -> None:
        a = Cached('fresh = "1m", stale = "2h"', says(1), DOWN)
        await a.get()
        await asyncio.sleep(60)
        for _ in range(3600):
            await asyncio.sleep(1)
            before = fake_clock.now()
            outcome = await a.get()
            assert fake_clock.now() - before < 0.05
            assert (outcome.value, outcome.state) == (1, "stale")
        assert a.asked <= 1801  # one look in two seconds

    fake_clock.run(body())


def test_a_failure_is_stood_in_for_where_only_that_is_allowed() -> None:
    async def body() -> None:
        a = Cached('fresh = "5m"', says(1, cache_control="max-age=60, stale-if-error=600"), DOWN, says(3))
        await a.get()
        await asyncio.sleep(61)
        call = a.call()
        outcome = await a.pipe(call)
        assert (outcome.value, outcome.state, a.asked) == (1, "stale", 2)
        assert events(call) == ["stood in for source-unavailable"]
        assert (await a.get()).value == 3

    fake_clock.run(body())


@pytest.mark.parametrize("error", [NotFound("a", "gone"), SourceRejected("a", "go away")])
def test_nothing_stands_in_for_an_answer_that_says_no(error: NotFound | SourceRejected) -> None:
    async def body() -> None:
        a = Cached('fresh = "5m"', says(1, cache_control="max-age=60, stale-if-error=600"), error)
        await a.get()
        await asyncio.sleep(61)
        assert type((await a.get()).error) is type(error)

    fake_clock.run(body())


def test_that_there_is_no_such_thing_is_remembered_and_comes_to_an_end() -> None:
    async def body() -> None:
        a = Cached('fresh = "5m", negative = "10s"', says({}, 404), says(2))
        for _ in range(3):
            assert isinstance((await a.get()).error, NotFound)
        assert a.asked == 1
        await asyncio.sleep(11)
        assert (await a.get()).value == 2

    fake_clock.run(body())


def test_an_answer_in_which_pick_finds_nothing_counts_as_none() -> None:
    async def body() -> None:
        a = Cached('fresh = "5m", negative = "10s"', says({"results": []}), more='pick = "results[0]"')
        for _ in range(3):
            await a.get()
        assert a.asked == 1
        await asyncio.sleep(11)
        await a.get()
        assert a.asked == 2

    fake_clock.run(body())


def test_without_negative_it_is_asked_for_every_time() -> None:
    async def body() -> None:
        a = Cached(SETTINGS, says({}, 404))
        for _ in range(3):
            assert isinstance((await a.get()).error, NotFound)
        assert a.asked == 3

    fake_clock.run(body())


def test_what_nobody_may_keep_is_not_kept_and_calls_do_not_wait_for_one_another() -> None:
    async def body() -> None:
        a = Cached(SETTINGS, says(1, cache_control="no-store"))
        outcomes = await asyncio.gather(*(a.get() for _ in range(5)))
        assert [outcome.fresh_for for outcome in outcomes] == [None] * 5
        assert a.asked == 5
        before = fake_clock.now()
        await asyncio.gather(*(a.get() for _ in range(5)))
        assert a.asked == 10
        assert fake_clock.now() - before == pytest.approx(0.1)

    fake_clock.run(body())


def test_what_is_past_is_asked_whether_it_still_holds() -> None:
    async def body() -> None:
        modified = "Sun, 06 Nov 1994 08:49:37 GMT"
        first = says({"a": 1}, etag='"v1"', last_modified=modified, cache_control="max-age=60")
        a = Cached('fresh = "5m"', first, Response(304, {}, b""), says(2))
        await a.get()
        await asyncio.sleep(61)
        call = a.call()
        outcome = await a.pipe(call)
        assert a.upstream.calls[1].request.validators == (
            ("If-None-Match", '"v1"'),
            ("If-Modified-Since", modified),
        )
        assert (outcome.value, outcome.state) == ({"a": 1}, "fresh")
        assert outcome.fresh_for == pytest.approx(59.9)  # what it said before still counts
        assert events(call) == ["still holds"]
        assert (await a.get()).value == {"a": 1}
        await asyncio.sleep(61)
        assert (await a.get()).value == 2

    fake_clock.run(body())


def test_an_answer_that_is_to_be_asked_about_every_time_is() -> None:
    async def body() -> None:
        a = Cached(SETTINGS, says(1, etag='"v1"', cache_control="no-cache"), Response(304, {}, b""))
        for _ in range(3):
            assert (await a.get()).value == 1
        assert [len(call.request.validators) for call in a.upstream.calls] == [0, 1, 1]

    fake_clock.run(body())


def test_what_is_to_be_asked_about_every_time_is_handed_to_nobody_who_waits() -> None:
    async def body() -> None:
        a = Cached(SETTINGS, says(1, etag='"v1"', cache_control="no-cache"))
        outcomes = await asyncio.gather(*(a.get() for _ in range(5)))
        assert a.asked == 5
        assert {outcome.state for outcome in outcomes} == {"fresh"}

    fake_clock.run(body())


def test_a_304_that_nobody_asked_for_is_a_refusal() -> None:
    async def body() -> None:
        assert isinstance((await Cached(SETTINGS, Response(304, {}, b"")).get()).error, SourceRejected)

    fake_clock.run(body())


def test_the_age_that_an_answer_had_on_arrival_counts() -> None:
    async def body() -> None:
        a = Cached(SETTINGS, says(1, cache_control="max-age=60", age="50"))
        outcome = await a.get()
        assert outcome.age == pytest.approx(50.1)
        assert outcome.fresh_for == pytest.approx(9.9)

    fake_clock.run(body())


def test_times_are_shortened_at_random_and_never_lengthened() -> None:
    async def body() -> None:
        a = Cached(SETTINGS, says(1), randomness=Random(1))
        lengths = [outcome.fresh_for for outcome in [await a.get(str(n)) for n in range(50)]]
        assert all(length is not None and 269 < length < 300 for length in lengths)
        assert len({round(length or 0) for length in lengths}) > 10

    fake_clock.run(body())


def test_calls_that_miss_together_ask_once() -> None:
    async def body() -> None:
        a = Cached(SETTINGS, says([1]))
        outcomes = await asyncio.gather(*(a.get() for _ in range(500)))
        assert a.asked == 1
        assert [outcome.value for outcome in outcomes] == [[1]] * 500
        assert len({id(outcome.value) for outcome in outcomes}) == 500

    fake_clock.run(body())


def test_a_failure_is_everyones_and_each_counts_the_attempts_of_its_own() -> None:
    async def body() -> None:
        a = Cached(SETTINGS, DOWN)
        outcomes = await asyncio.gather(*(a.get() for _ in range(5)))
        assert a.asked == 1
        assert all(isinstance(outcome.error, SourceUnavailable) for outcome in outcomes)
        assert len({id(outcome.error) for outcome in outcomes}) == 5

    fake_clock.run(body())


def test_who_waits_outlives_the_cancellation_of_who_asks() -> None:
    async def body() -> None:
        a = Cached(SETTINGS, says(1))
        first = asyncio.create_task(a.get())
        await asyncio.sleep(0)
        others = [asyncio.create_task(a.get()) for _ in range(5)]
        await asyncio.sleep(0.05)
        first.cancel()
        outcomes = await asyncio.gather(*others)
        assert [outcome.value for outcome in outcomes] == [1] * 5
        assert a.asked == 2
        assert first.cancelled()
        assert a.caching.flights._flights == {}

    fake_clock.run(body())


def test_a_waiter_that_is_cancelled_disturbs_nobody() -> None:
    async def body() -> None:
        a = Cached(SETTINGS, says(1))
        tasks = [asyncio.create_task(a.get()) for _ in range(3)]
        await asyncio.sleep(0.05)
        tasks[1].cancel()
        assert (await tasks[0]).value == (await tasks[2]).value == 1
        assert a.asked == 1

    fake_clock.run(body())


def test_who_has_more_time_asks_again_after_a_timeout() -> None:
    async def body() -> None:
        async def late(_: Call) -> Response:
            await asyncio.sleep(0.5)
            return says(1)

        a = Cached(SETTINGS, late)
        hasty, patient = await asyncio.gather(a.get(deadline=0.3), a.get(deadline=5.0))
        assert isinstance(hasty.error, SourceTimeout)
        assert patient.value == 1

    fake_clock.run(body())


def test_a_call_with_more_time_takes_a_turn_that_comes_too_late_for_the_one_that_asks() -> None:
    async def turn(call: Call) -> Response:
        if call.deadline - fake_clock.now() < 1.0:
            raise RateLimited("a", "its turn would have come too late")
        return says(1)

    async def body() -> None:
        a = Cached(SETTINGS, turn)
        hasty, patient, as_hasty = await asyncio.gather(
            a.get(deadline=0.5), a.get(deadline=5.0), a.get("1", deadline=0.5)
        )
        assert isinstance(hasty.error, RateLimited)
        assert isinstance(as_hasty.error, RateLimited)
        assert patient.value == 1

    fake_clock.run(body())


def test_who_waits_waits_no_longer_than_its_own_time() -> None:
    async def body() -> None:
        async def late(_: Call) -> Response:
            await asyncio.sleep(5)
            return says(1)

        a = Cached(SETTINGS, late)
        patient = asyncio.create_task(a.get(deadline=9.0))
        await asyncio.sleep(0)
        before = fake_clock.now()
        assert isinstance((await a.get(deadline=0.3)).error, SourceTimeout)
        assert fake_clock.now() - before == pytest.approx(0.3)
        assert (await patient).value == 1

    fake_clock.run(body())


def test_with_no_time_left_what_is_kept_is_still_answered() -> None:
    async def body() -> None:
        a = Cached(SETTINGS, says(1))
        await a.get()
        assert (await a.get(deadline=0.0)).value == 1
        assert isinstance((await a.get("other", deadline=0.0)).error, SourceTimeout)
        assert a.asked == 1

    fake_clock.run(body())


def test_nobody_is_answered_with_what_was_another_clients() -> None:
    async def body() -> None:
        async def echo(call: Call) -> Response:
            return says(dict(call.request.headers), cache_control="private")

        a = Cached(SETTINGS, echo, more='forward = ["Authorization"]')
        clients = [{"Authorization": f"Bearer {n}"} for n in range(20)]
        for _ in range(3):
            outcomes = await asyncio.gather(*(a.get(headers=client) for client in clients))
            assert [outcome.value for outcome in outcomes] == clients
        assert a.asked == 20

    fake_clock.run(body())


@pytest.mark.parametrize("status", [201, 206, 299])
def test_another_success_is_answered_and_not_kept(status: int) -> None:
    async def body() -> None:
        a = Cached(SETTINGS, says(1, status), says(2))
        first = await a.get()
        assert (first.value, first.fresh_for) == (1, None)
        assert (await a.get()).value == 2

    fake_clock.run(body())


def test_another_success_that_says_for_how_long_is_kept() -> None:
    async def body() -> None:
        a = Cached(SETTINGS, says(1, 201, cache_control="max-age=60"), says(2))
        assert [(await a.get()).value for _ in range(2)] == [1, 1]
        assert a.asked == 1

    fake_clock.run(body())


def test_an_answer_that_comes_later_takes_no_values_place() -> None:
    """202: what was kept stands in for it, as for any source that is unavailable."""

    async def body() -> None:
        a = Cached('fresh = "5m"', says({"state": "queued"}, 202, cache_control="max-age=60"), says(2))
        assert isinstance((await a.get()).error, SourceUnavailable)
        assert (await a.get()).value == 2
        b = Cached(SETTINGS, says(1), says({"state": "queued"}, 202))
        await b.get()
        await asyncio.sleep(301)
        assert (await b.get()).value == 1
        await asyncio.sleep(0.2)
        assert ((await b.get()).value, b.asked) == (1, 2)

    fake_clock.run(body())
