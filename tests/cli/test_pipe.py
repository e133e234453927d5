"""What `explain` and `call` show of policies."""

from collections.abc import Callable
from typing import Any

from fanin.cli.pipe import pipe
from fanin.compose.stack import stack
from fanin.config import parse
from fanin.engine.call import Fetch, Surroundings
from fanin.policies.cache.policy import Caching
from tests.cli.conftest import Run

POLICIES = """
timeout = "2s"
attempt_timeout = "500ms"
circuit_breaker = {}
retry = { attempts = 3 }
hedge = { after = "200ms" }
rate_limit = { calls = 60, per = "1m" }
fallback = { value = {} }
"""
FILE = f"""
fanin = 1
[sources.a]
url = "http://127.0.0.1:9/a"
{POLICIES}
[sources.b]
url = "http://127.0.0.1:9/b"
method = "POST"
idempotency_key = true
cache = {{ fresh = "1m" }}
[endpoints.e]
path = "/e"
sources = ["a", "b"]
"""


def policies_of(pipeline: Fetch) -> list[str]:
    """Read the policies' names from a pipeline itself, outermost first."""
    names: list[str] = []
    step: Any = pipeline
    while step.__name__.startswith("with_"):
        names.append(step.__name__.removeprefix("with_"))
        cells = dict(zip(step.__code__.co_freevars, step.__closure__, strict=True))
        inner = cells["fetch"] if "fetch" in cells else cells["kept"]
        step = inner.cell_contents if "fetch" in cells else inner.cell_contents._fetch
    return names


def test_the_pipe_that_is_told_is_the_one_that_is_made() -> None:
    """In its order; what every pipeline has is not told."""

    async def fetch(_: Any) -> Any:
        """Stand for a source."""

    given = Surroundings()
    for source in parse(FILE, {}).sources.values():
        made = policies_of(stack(source, fetch, given, Caching(given, lambda *_: False)))
        told = [policy for policy, _ in pipe(source)]
        assert [name for name in made if name not in {"observe", "attempt", "decode"}] == told


def test_explain_shows_each_sources_policies_with_their_settings(run: Run, written: Callable[[str], str]) -> None:
    file = written(FILE)
    output = run("explain", "e", "--file", file).output
    assert "fallback (static data) → timeout (2 s) → circuit_breaker (50% of 10" in " ".join(output.split())
    explained = run("explain", "e", "--file", file, "--json").json
    assert explained["sources"][0]["policies"][-1] == {"policy": "attempt_timeout", "settings": "500 ms"}


def test_a_file_without_policies_is_told_without_them(run: Run, written: Callable[[str], str]) -> None:
    lines = 'fanin = 1\n[sources.a]\nurl = "https://a.example"\n[endpoints.e]\npath = "/e"\nsources = ["a"]\n'
    assert "Policies" not in run("explain", "e", "--file", written(lines)).output


def test_call_shows_attempts_and_what_policies_did(run: Run, written: Callable[[str], str]) -> None:
    """Nothing listens there: every attempt fails at once."""
    file = written(FILE)
    ran = run("call", "e", "--file", file, "--allow", "127.0.0.0/8:*")
    assert "a at " in ran.messages
    assert ": retry: waits " in ran.messages
    assert "fallback, 3 attempts" in ran.messages
    called = run("call", "e", "--file", file, "--allow", "127.0.0.0/8:*", "--json").json
    a = called["sources"][0]
    assert [attempt["result"] for attempt in a["tried"]] == ["source-unavailable"] * 3
    assert [event["policy"] for event in a["events"]] == ["retry", "retry", "fallback"]
