"""What `explain` and `call` show of the pipeline."""

from collections.abc import Callable
from typing import Any

from fanin.config import parse
from fanin.engine.call import Call, Fetch, Runtime
from fanin.policies.cache.policy import Caching
from fanin.policies.order import pipeline_of, steps_of
from fanin.policies.steps import Shared
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
[sources.d]
url = "http://127.0.0.1:9/d"
cache = {{ fresh = "1m" }}
[sources.c]
value = {{ hours = "9 to 5" }}
[endpoints.e]
path = "/e"
sources = ["a", "b", "d", "c"]
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


def test_the_steps_that_are_told_are_those_that_are_made() -> None:
    """In their order."""

    async def fetch(_: Any) -> Any:
        """Stand for a source."""

    runtime = Runtime()
    shared = Shared(runtime, Caching(runtime, lambda *_: False))
    for source in parse(FILE, {}).sources.values():
        made = policies_of(pipeline_of(source, fetch, shared))
        in_request = {"idempotency_key"}  # which the request has when it is made, in every execution model
        told = [step.key for step, _ in steps_of(source) if step.key not in in_request]
        assert [*made, "fetch"] == told


def test_what_blocks_has_the_steps_that_say_so_in_the_same_order() -> None:
    async def fetch(_: Any) -> Any:
        """Stand for a source."""

    for source in parse(FILE, {}).sources.values():
        made = policies_of(pipeline_of(source, fetch, Shared(Runtime()), blocking=True))
        assert made == (["observe", "timeout", "attempt", "decode"] if source.makes_calls else ["observe"])


def test_credentials_are_put_in_innermost_and_only_where_a_source_has_them() -> None:
    """Whatever lies outside sees requests without a secret in them."""

    async def fetch(_: Any) -> Any:
        """Stand for a source."""

    def authenticate(fetch: Fetch) -> Fetch:
        async def with_authenticate(call: Call) -> Any:
            return await fetch(call)

        return with_authenticate

    text = FILE.replace('b"\nmethod', 'b"\nauth = { bearer = "{!key}" }\nmethod', 1)
    sources = parse(text, {}).sources
    shared = Shared(Runtime(), authenticate=authenticate)
    assert "authenticate" not in policies_of(pipeline_of(sources["a"], fetch, shared))
    assert policies_of(pipeline_of(sources["b"], fetch, shared))[-2:] == ["decode", "authenticate"]
    told = {step.key: settings for step, settings in steps_of(sources["b"])}
    assert told["authenticate"] == "bearer and secrets" if sources["b"].sealed else "bearer"


def test_explain_shows_each_sources_steps_with_their_settings(run: Run, written: Callable[[str], str]) -> None:
    file = written(FILE)
    output = " ".join(run("explain", "e", "--file", file).output.split())
    assert "observe → fallback (static data) → timeout (2 s) → circuit_breaker (50% of 10" in output
    assert "c observe → fetch" in output
    assert "have only observe, timeout, pages, idempotency_key, attempt, decode, authenticate and fetch." in output
    explained = run("explain", "e", "--file", file, "--json").json
    steps = explained["sources"][0]["steps"]
    assert [step["step"] for step in steps][-3:] == ["attempt_timeout", "decode", "fetch"]
    assert steps[-3]["settings"] == "500 ms"
    assert explained["sources"][0]["asks"] == "GET http://127.0.0.1:9"


def test_a_static_value_takes_no_time(run: Run, written: Callable[[str], str]) -> None:
    explained = run("explain", "e", "--file", written(FILE), "--json").json
    static = explained["sources"][-1]
    assert (static["kind"], static["asks"]) == ("value", "static value")
    assert static["worst_case_ms"] == {"starts": 0.0, "ends": 0.0}


def test_call_gives_a_static_value_by_every_model(run: Run, written: Callable[[str], str]) -> None:
    file = written('fanin = 1\n[sources.c]\nvalue = { a = [1, "x"] }\n[endpoints.e]\npath = "/e"\nsources = ["c"]\n')
    for model in ("async", "sync", "threads"):
        called = run("call", "e", "--file", file, "--model", model, "--json").json
        assert called["body"] == {"c": {"a": [1, "x"]}}
        assert called["complete"]
        assert called["sources"][0]["attempts"] == 0


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
