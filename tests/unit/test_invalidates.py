"""fanin.policies.invalidates: after a write, what was kept about the same things is asked for again."""

import asyncio
from typing import Any

import pytest

from fanin.config import Config, parse
from fanin.config.finding import ConfigError
from fanin.config.template import ParameterReference, Values
from fanin.engine.call import Call, Response, Runtime
from fanin.engine.outcome import Outcome, Span
from fanin.engine.shape import is_missing
from fanin.errors import SourceError, SourceTimeout
from fanin.policies.cache.keeping import PASSED
from fanin.policies.cache.policy import LOOK_AGAIN, Caching
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared as Parts
from fanin.stores.store import SharedStore
from fanin.testing import fake_clock
from tests.unit.caching import now
from tests.unit.scenario import config_of
from tests.unit.shared import Items, Shared

CONFIG = config_of("""
[sources.user]
url = "https://a.example/users/{id}"
cache = { fresh = "1h" }
[sources.change]
url = "https://a.example/users/{id}"
method = "PATCH"
invalidates = ["user"]
[endpoints]
""")
CONFIG_OF_TWO = """
[sources.user]
url = "https://a.example/users/{id}"
cache = { fresh = "1h" }
[sources.stars]
url = "https://a.example/users/{id}/stars"
cache = { fresh = "1h" }
[sources.change]
url = "https://a.example/users/{id}"
method = "PATCH"
invalidates = ["user", "stars"]
[endpoints]
"""


class Upstream:
    """Answers each read with another number, and each write with a status."""

    def __init__(
        self, status: int = 200, slow: float = 0.0, shared: SharedStore | None = None, config: Config = CONFIG
    ) -> None:
        self.config = config
        self.status, self.slow, self.reads, self.writes_for = status, slow, 0, 0.0
        self.caching = Caching(Runtime(clock=fake_clock.now, now=now), is_missing, shared=shared)
        runtime = self.caching.runtime
        parts = Parts(runtime, self.caching)
        self.pipelines = pipelines_of(config.sources, dict.fromkeys(config.sources, self.fetch), parts)

    async def fetch(self, call: Call) -> Outcome[Any]:
        """Answer."""
        if call.source.name == "change":
            await asyncio.sleep(self.writes_for)
            if not self.status:
                raise SourceTimeout("change", "no answer")
            return Outcome(Response(self.status, {}, b"{}"))
        self.reads += 1
        answer = b"%d" % self.reads
        await asyncio.sleep(self.slow)
        return Outcome(Response(200, {}, answer))

    async def ask(self, name: str, number: int = 1) -> Any:
        """Call a source about a user."""
        source = self.config.sources[name]
        values: Values = {ParameterReference("id"): number}
        call = Call(source, source.request(values), fake_clock.now() + 10, Span(ready=0.0), values=values)
        outcome = await self.pipelines[name](call)
        return outcome.error or outcome.value


@pytest.mark.parametrize(
    ("status", "forgets"), [(200, True), (204, True), (0, True), (500, True), (404, False), (400, False)]
)
def test_a_write_that_may_have_done_something_forgets_the_answer(status: int, forgets: bool) -> None:  # noqa: FBT001 - a column
    async def body() -> None:
        upstream = Upstream(status)
        assert (await upstream.ask("user"), await upstream.ask("user")) == (1, 1)
        result = await upstream.ask("change")
        assert isinstance(result, SourceError) is (status not in {200, 204})
        assert await upstream.ask("user") == (2 if forgets else 1)

    fake_clock.run(body())


@pytest.mark.parametrize(("after", "forgets"), [(None, False), (1.0, True)])
def test_a_write_that_is_cancelled_forgets_the_answer_once_it_was_begun(after: float | None, *, forgets: bool) -> None:
    """As where a job is cancelled, or a WebSocket's client goes: the source may have got the write."""

    async def body() -> None:
        items = Items()
        upstream, other = Upstream(shared=Shared(items, "one")), Upstream(shared=Shared(items, "two"))
        upstream.writes_for = 2.0
        assert (await upstream.ask("user"), await other.ask("user")) == (1, 1)
        writing = asyncio.create_task(upstream.ask("change"))
        if after is not None:
            await asyncio.sleep(after)
        writing.cancel()
        await asyncio.wait({writing})
        assert writing.cancelled()
        assert await upstream.ask("user") == (2 if forgets else 1)
        await asyncio.sleep(LOOK_AGAIN)
        assert await other.ask("user") == (2 if forgets else 1)

    fake_clock.run(body())


@pytest.mark.parametrize("cancelled_at", [2.0, 2.005, 2.015, 2.025])
def test_a_write_that_is_cancelled_while_it_forgets_forgets_every_answer(cancelled_at: float) -> None:
    """It is done, and its client leaves while the store is told: each request to the store takes 10 ms."""

    async def body() -> None:
        items = Items()
        upstream = Upstream(shared=Shared(items), config=config_of(CONFIG_OF_TWO))
        upstream.writes_for = 2.0
        assert [await upstream.ask(name) for name in ("user", "stars", "user", "stars")] == [1, 2, 1, 2]
        writing = asyncio.create_task(upstream.ask("change"))
        await asyncio.sleep(cancelled_at)
        writing.cancel()
        await asyncio.wait({writing})
        assert all(entry.passing for entry in items.entries.values())
        assert [await upstream.ask(name) for name in ("user", "stars")] == [3, 4]

    fake_clock.run(body())


class TestOtherEnvironments:
    """Environments of one function, which share a table."""

    def environments(self, items: Items) -> tuple[Upstream, Upstream]:
        """Give two."""
        return Upstream(shared=Shared(items, "one")), Upstream(shared=Shared(items, "two"))

    @pytest.mark.parametrize("later", [0.0, LOOK_AGAIN, PASSED + 1, 3000.0])
    def test_none_answers_for_long_with_what_another_made_invalid(self, later: float) -> None:
        """However long after the write it is asked, and the store has forgotten that there was one."""

        async def body() -> None:
            one, two = self.environments(Items())
            assert (await one.ask("user"), await two.ask("user")) == (1, 1)
            await two.ask("user")
            await one.ask("change")
            await asyncio.sleep(later)
            first, reads = await two.ask("user"), two.reads
            assert (first, reads) == ((1, 0) if later < LOOK_AGAIN else (1, 1))
            await asyncio.sleep(LOOK_AGAIN)
            await two.ask("user")
            assert two.reads == 1

        fake_clock.run(body())

    @pytest.mark.parametrize(("later", "answer"), [(LOOK_AGAIN - 0.5, 1), (LOOK_AGAIN + 0.5, 2)])
    def test_none_waits_for_long_for_what_was_asked_before_a_write_of_another(self, later: float, answer: int) -> None:
        async def body() -> None:
            one, two = self.environments(Items())
            two.slow = 8.0
            async with asyncio.TaskGroup() as tasks:
                first = tasks.create_task(two.ask("user"))
                await asyncio.sleep(0.5)
                await one.ask("change")
                await asyncio.sleep(later - 0.5)
                second = tasks.create_task(two.ask("user"))
            assert (first.result(), second.result()) == (1, answer)
            assert await two.ask("user") == 2

        fake_clock.run(body())

    def test_while_the_store_is_down_an_answer_holds_until_it_is_stale(self) -> None:
        async def body() -> None:
            items = Items()
            one, two = self.environments(items)
            await one.ask("user")
            await two.ask("user")
            items.down = True
            await one.ask("change")
            await asyncio.sleep(60)
            assert (await two.ask("user"), two.reads) == (1, 0)
            items.down = False
            await asyncio.sleep(LOOK_AGAIN)
            assert (await two.ask("user"), two.reads) == (1, 0)

        fake_clock.run(body())

    def test_one_look_in_two_seconds_is_enough(self) -> None:
        async def body() -> None:
            items = Items()
            one, _ = self.environments(items)
            await one.ask("user")
            items.asked.clear()
            for _ in range(100):
                await one.ask("user")
                await asyncio.sleep(0.1)
            assert items.asked == ["get consistent"] * 5

        fake_clock.run(body())


def test_answers_to_other_references_stay() -> None:
    async def body() -> None:
        upstream = Upstream()
        assert (await upstream.ask("user", 1), await upstream.ask("user", 2)) == (1, 2)
        await upstream.ask("change", 1)
        assert (await upstream.ask("user", 1), await upstream.ask("user", 2)) == (3, 2)

    fake_clock.run(body())


def test_an_answer_that_was_asked_for_before_the_write_is_not_kept_behind_it() -> None:
    async def body() -> None:
        upstream = Upstream(slow=2.0)
        async with asyncio.TaskGroup() as tasks:
            under_way = tasks.create_task(upstream.ask("user"))
            await asyncio.sleep(1.0)
            await upstream.ask("change")
        assert under_way.result() == 1
        assert await upstream.ask("user") == 2

    fake_clock.run(body())


def test_it_does_not_take_the_place_of_what_was_asked_for_after_the_write() -> None:
    async def body() -> None:
        upstream = Upstream(slow=5.0)
        async with asyncio.TaskGroup() as tasks:
            under_way = tasks.create_task(upstream.ask("user"))
            await asyncio.sleep(1.0)
            await upstream.ask("change")
            upstream.slow = 1.0
            assert await upstream.ask("user") == 2
        assert under_way.result() == 1
        assert (await upstream.ask("user"), upstream.reads) == (2, 2)

    fake_clock.run(body())


@pytest.mark.parametrize(
    ("asked", "changed", "fix"),
    [
        ("{id}?key={!crm}", "", ""),
        ("{geo.id}", "", "Refer to {geo.id} in change"),
        ("{geo.id}", "/{geo.id}", ""),
    ],
    ids=["parameters and secrets are the same for both", "another source's value is not", "unless both refer to it"],
)
def test_a_write_has_to_know_what_the_kept_answer_was_asked_by(asked: str, changed: str, fix: str) -> None:
    text = f"""fanin = 1
[sources.geo]
url = "https://a.example/geo/{{id}}"
[sources.user]
url = "https://a.example/users/{asked}"
cache = {{ fresh = "1h" }}
[sources.change]
url = "https://a.example/users{changed}"
method = "POST"
invalidates = ["user"]
[endpoints]
"""
    found: list[str] = []
    try:
        parse(text, {})
    except ConfigError as error:
        found = [finding.fix for finding in error.findings if finding.rule == "bad-writes"]
    assert [each[: len(fix)] for each in found] == [fix] * bool(fix)
