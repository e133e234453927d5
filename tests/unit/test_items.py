"""fanin.engine.items, in a request on a fake clock: how many calls run at once, and what bounds them together."""

import asyncio
from typing import Any

import pytest

from fanin.config.values import Json
from fanin.engine.call import Call
from fanin.engine.outcome import Outcome
from fanin.engine.result import Result
from fanin.errors import NotFound, SourceError, SourceTimeout, SourceTooLarge, SourceUnavailable
from fanin.testing import fake_clock
from tests.unit.scenario import Scenario, Script, gives, scenario

TEXT = """
[sources.ids]
url = "https://api.example/ids"
[sources.posts]
for_each = "ids"
url = "https://api.example/posts/{{each}}"
{more}
[sources.next]
url = "https://api.example/next/{{posts.0}}"
[endpoints.e]
path = "/e"
sources = ["posts", "next"]
"""


class Posts:
    """A source whose items take their time, and a count of how many calls are under way."""

    def __init__(self, takes: float = 0.1, failing: dict[str, type[SourceError]] | None = None) -> None:
        self.takes = takes
        self.failing = failing or {}
        self.now = self.most = 0
        self.began: list[tuple[str, float]] = []

    async def __call__(self, call: Call) -> Outcome[Any]:
        """Answer with the last part of the URL."""
        item = call.request.url.rpartition("/")[2]
        self.began.append((item, round(fake_clock.now(), 6)))
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(self.takes)
        finally:
            self.now -= 1
        if kind := self.failing.get(item):
            raise kind("posts", "as the script says")
        return Outcome(item, size=100)


def scene(items: Json, posts: Script, more: str = "") -> Scenario:
    """Make a request for a list that is there at once."""
    return scenario(TEXT.format(more=more), ids=gives(items, 0.0), posts=posts, next=gives({}, 0.0))


def run(items: Json, posts: Script, more: str = "", deadline: float = 10.0) -> Result:
    """Ask."""
    return scene(items, posts, more).run(deadline=deadline)


@pytest.mark.parametrize(("more", "most"), [("", 10), ("concurrency = 3", 3), ("concurrency = 100", 25)])
def test_as_many_calls_are_under_way_as_concurrency_says(more: str, most: int) -> None:
    """Never more, and never fewer while there are items."""
    posts = Posts()
    result = run(list(range(25)), posts, more)
    assert result.outcomes["posts"].value == [str(number) for number in range(25)]
    assert posts.most == most


def test_a_call_starts_the_moment_that_another_ends() -> None:
    """A hundred items of 100 ms, ten at once, take a second: there are no rounds and no time between calls."""
    posts = Posts()
    result = run(list(range(100)), posts)
    span = result.trace.spans["posts"]
    assert span.duration == pytest.approx(1.0)
    assert len(posts.began) == 100


def test_a_slow_item_holds_up_no_other() -> None:
    """The others go on in its place."""

    async def one_is_slow(call: Call) -> Outcome[Any]:
        await asyncio.sleep(1.0 if call.item == 0 else 0.1)
        return Outcome(call.item)

    result = run(list(range(11)), one_is_slow, "concurrency = 2")
    assert result.outcomes["posts"].value == list(range(11))
    assert result.trace.spans["posts"].duration == pytest.approx(1.0)


def test_a_source_after_a_list_sees_it_whole() -> None:
    """It starts when the last item is there."""
    request = scene([7, 8, 9], Posts(), "concurrency = 1")
    result = request.run()
    assert request.started["next"] == pytest.approx(0.3)
    assert request.requests["next"].url == "https://api.example/next/7"
    assert result.outcomes["next"].error is None


def test_timeout_bounds_all_items_together() -> None:
    """Those under way are cut at its end, and those that have not begun fail without a call."""
    result = run(list(range(40)), Posts(0.4), 'timeout = "1s"')
    outcome = result.outcomes["posts"]
    assert result.trace.spans["posts"].ended == pytest.approx(1.0)
    assert isinstance(outcome.value, list)
    assert [value is not None for value in outcome.value] == [True] * 20 + [False] * 20
    assert outcome.partial is not None
    assert outcome.partial.items is not None
    assert outcome.partial.items.count == 20
    assert {type(error) for _, error in outcome.partial.items.first} == {SourceTimeout}
    assert [error.attempts for _, error in outcome.partial.items.first] == [1] * 10 + [0] * 10
    assert outcome.attempts == 30
    assert len(result.trace.spans["posts"].items or ()) == 30, "no call is begun behind the end"


def test_the_requests_deadline_bounds_them_too() -> None:
    """Whatever the source's own timeout is."""
    result = run(list(range(40)), Posts(0.4), 'timeout = "5s"', deadline=1.0)
    assert result.trace.spans["posts"].ended == pytest.approx(1.0)


def test_no_call_outlives_a_list_that_fails_fast() -> None:
    """Calls that are under way are waited for, and none begins behind the failure."""
    posts = Posts(failing={"0": SourceUnavailable})
    result = run(list(range(10)), posts, "fail_fast = true\nconcurrency = 2")
    assert [item for item, _ in posts.began] == ["0", "1"]
    assert posts.now == 0
    error = result.failures["posts"]
    assert isinstance(error, SourceUnavailable)
    assert "1 of 10 items of posts failed" in error.detail


def test_max_bytes_bounds_the_answers_of_all_items_together() -> None:
    """The source is refused, and no more calls begin."""
    posts = Posts()
    result = run(list(range(100)), posts, 'max_bytes = "1kB"\nconcurrency = 1')
    assert isinstance(result.failures["posts"], SourceTooLarge)
    assert len(posts.began) == 11


def test_at_most_twenty_items_that_failed_are_told() -> None:
    """Their number is that of all."""
    numbers = [str(number) for number in range(30)]
    result = run(list(range(31)), Posts(failing=dict.fromkeys(numbers, NotFound)))
    partial = result.problems["posts"]
    assert partial.items is not None
    assert partial.items.count == 30
    assert [place for place, _ in partial.items.first] == list(range(20))


def test_a_list_is_as_old_as_its_oldest_item_and_in_its_worst_state() -> None:
    """And as fresh as the one that ends first; attempts are added up."""

    async def kept(call: Call) -> Outcome[Any]:
        await asyncio.sleep(0)
        states: list[Any] = ["fresh", "stale", "fallback"]
        assert call.item is not None
        return Outcome(1, state=states[call.item], age=10.0 * call.item, fresh_for=100.0 - call.item)

    both = run([1, 2], kept).outcomes["posts"]
    assert (both.state, both.age, both.fresh_for, both.complete) == ("stale", 10.0, 99.0, True)
    all_three = run([1, 2, 3], kept).outcomes["posts"]
    assert (all_three.state, all_three.age, all_three.complete) == ("fallback", 20.0, False)
    assert all_three.value == [1, 1, 1]
    assert all_three.attempts == 3


def test_each_call_has_a_span_and_the_list_spans_them() -> None:
    """From the first start to the last end; each item's span is found by its place."""
    result = run([5, 5, None, 6], Posts(), "concurrency = 1")
    span = result.trace.spans["posts"]
    assert span.items is not None
    assert list(span.items) == [0, 3]
    assert (span.started, span.ended) == pytest.approx((0.0, 0.2))
    assert [(each.started, each.ended) for each in span.items.values()] == [
        pytest.approx((0.0, 0.1)),
        pytest.approx((0.1, 0.2)),
    ]
    assert [len(each.attempts) for each in span.items.values()] == [1, 1]


def test_cancelling_a_request_cancels_its_items() -> None:
    """No task is left."""

    async def body() -> int:
        posts = Posts(takes=100.0)
        request = asyncio.create_task(scene(list(range(50)), posts).request(deadline=1000))
        await asyncio.sleep(1)
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        assert posts.now == 0
        return len(asyncio.all_tasks())

    assert fake_clock.run(body()) == 1
