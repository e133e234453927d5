"""fanin.policies.invalidates: after a write, what was kept about the same things is asked for again."""

import asyncio
from typing import Any

import pytest

from fanin.config import parse
from fanin.config.finding import ConfigError
from fanin.config.template import ParameterReference, Values
from fanin.engine.call import Call, Response, Runtime
from fanin.engine.outcome import Outcome, Span
from fanin.engine.shape import is_missing
from fanin.errors import SourceError, SourceTimeout
from fanin.policies.cache.policy import Caching
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared
from fanin.testing import fake_clock
from tests.unit.scenario import config_of

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


class Upstream:
    """Answers each read with another number, and each write with a status."""

    def __init__(self, status: int = 200, slow: float = 0.0) -> None:
        self.status, self.slow, self.reads = status, slow, 0
        self.caching = Caching(Runtime(clock=fake_clock.now, now=fake_clock.now), is_missing)
        runtime = self.caching.runtime
        shared = Shared(runtime, self.caching)
        self.pipelines = pipelines_of(CONFIG.sources, dict.fromkeys(CONFIG.sources, self.fetch), shared)

    async def fetch(self, call: Call) -> Outcome[Any]:
        """Answer."""
        if call.source.name == "change":
            if not self.status:
                raise SourceTimeout("change", "no answer")
            return Outcome(Response(self.status, {}, b"{}"))
        self.reads += 1
        answer = b"%d" % self.reads
        await asyncio.sleep(self.slow)
        return Outcome(Response(200, {}, answer))

    async def ask(self, name: str, number: int = 1) -> Any:
        """Call a source about a user."""
        source = CONFIG.sources[name]
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
