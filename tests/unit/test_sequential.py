"""fanin.engine.execution.sequential: one call after another."""

from typing import Any

from fanin.config.values import Json
from fanin.engine.aggregation import Aggregation
from fanin.engine.call import Call
from fanin.engine.document import Asked
from fanin.engine.execution import sequential
from fanin.engine.outcome import Outcome
from fanin.engine.plan import Plan
from fanin.engine.result import Result
from fanin.errors import NotFound
from tests.unit.scenario import config_of

CONFIG = config_of("""
[sources.a]
url = "https://a.example"
[sources.b]
url = "https://b.example/{a.x}"
[sources.c]
url = "https://c.example"
[sources.d]
url = "https://d.example/{b.x}/{c.x}"
[endpoints.e]
path = "/e"
sources = ["d", "c", "b", "a"]
""")


def run(**answers: Json) -> tuple[Result, list[str]]:
    """Run with each source's answer, and give the order of the calls; a source without an answer is not found."""
    made: list[str] = []

    def fetch(call: Call) -> Outcome[Any]:
        made.append(call.source.name)
        assert call.request.url.startswith(f"https://{call.source.name}.example")
        if call.source.name in answers:
            return Outcome(answers[call.source.name])
        return Outcome.failed(NotFound(call.source.name, "nothing"))

    plan = Plan.of(CONFIG.endpoints["e"], CONFIG.sources)
    return sequential.run(Aggregation(plan, Asked({}), 10.0, lambda: 0.0), fetch), made


def test_every_call_is_made_once_behind_those_that_it_needs() -> None:
    """And the result is that of the other execution models."""
    result, made = run(a={"x": 1}, b={"x": 2}, c={"x": 3}, d={"x": 4})
    assert sorted(made) == ["a", "b", "c", "d"]
    assert made.index("a") < made.index("b") < made.index("d")
    assert made.index("c") < made.index("d")
    assert {name: outcome.value for name, outcome in result.outcomes.items()} == {
        "a": {"x": 1},
        "b": {"x": 2},
        "c": {"x": 3},
        "d": {"x": 4},
    }


def test_what_depends_on_a_failure_is_not_called() -> None:
    """The others are."""
    result, made = run(c={"x": 3})
    assert sorted(made) == ["a", "c"]
    assert set(result.failures) == {"a", "b", "d"}


def test_no_item_of_a_list_is_called_behind_one_that_fails_it() -> None:
    """Although calls of the list may be under way beside each other elsewhere."""
    config = config_of("""
[sources.ids]
value = [1, 2, 3]
[sources.posts]
for_each = "ids"
url = "https://posts.example/{each}"
fail_fast = true
[endpoints.e]
path = "/e"
sources = ["posts"]
""")
    made: list[str] = []

    def fetch(call: Call) -> Outcome[Any]:
        if call.source.name == "ids":
            return Outcome(call.source.static, attempts=0)
        made.append(call.request.url)
        return Outcome.failed(NotFound("posts", "nothing"))

    plan = Plan.of(config.endpoints["e"], config.sources)
    result = sequential.run(Aggregation(plan, Asked({}), 10.0, lambda: 0.0), fetch)
    assert made == ["https://posts.example/1"]
    assert isinstance(result.failures["posts"], NotFound)
