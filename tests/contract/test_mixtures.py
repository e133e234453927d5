"""Every mixture of policies, over sources that answer, fail, dawdle and talk rubbish, keeps the contract."""

from collections.abc import Iterator
from itertools import combinations, cycle, islice, product
from pathlib import Path
from typing import Any

import http_sf
import pytest

from fanin.errors import SourceUnavailable
from fanin.testing import App, Reply, Script, fails, gives

POLICIES = {
    "attempt_timeout": 'attempt_timeout = "200ms"',
    "retry": "retry = { attempts = 3 }",
    "circuit_breaker": 'circuit_breaker = { minimum_calls = 2, open = "1s" }',
    "hedge": 'hedge = { after = "100ms" }',
    "rate_limit": 'rate_limit = { calls = 4, per = "1s" }',
    "fallback": "fallback = { value = { static = true } }",
}
"""One line each; with all subsets of these there are 2^6 mixtures."""

SOURCES = ("a", "b", "c", "d")
BEHAVIOURS: dict[str, Script] = {
    "ok": gives({"live": True}, after=0.01),
    "error": fails(SourceUnavailable, after=0.01),
    "slow": gives({"live": True}, after=0.4),
    "garbage": gives(b"<html>", after=0.01),
}
FAILURES = {
    "ok": set[str](),
    "error": {"source-unavailable"},
    "slow": {"source-timeout"},
    "garbage": {"source-undecodable"},
}
REQUESTS = 4


def subsets() -> Iterator[tuple[str, ...]]:
    """Give every subset of the policies."""
    for size in range(len(POLICIES) + 1):
        yield from combinations(POLICIES, size)


def toml_of(policies: tuple[str, ...]) -> str:
    """Write a file whose sources all have these policies."""
    lines = "\n".join(POLICIES[policy] for policy in policies)
    tables = [f'[sources.{name}]\nurl = "https://{name}.example"\ntimeout = "1s"\n{lines}\n' for name in SOURCES]
    endpoint = f'[endpoints.e]\npath = "/e"\nsources = {list(SOURCES)}\ntimeout = "2s"\n'
    return "fanin = 1\n" + "".join(tables) + endpoint


def refused_by(policies: tuple[str, ...]) -> set[str]:
    """Give the refusals that these policies make."""
    problems = {"circuit_breaker": "circuit-open", "rate_limit": "rate-limited"}
    return {problems[policy] for policy in policies if policy in problems}


def check(reply: Reply, behaviours: tuple[str, ...], policies: tuple[str, ...]) -> None:
    """Hold an answer to the contract."""
    states: Any = http_sf.parse(reply.headers["fanin-sources"].encode(), tltype="dictionary")
    assert list(states) == list(SOURCES)
    found = {name: (str(state), parameters) for name, (state, parameters) in states.items()}
    for behaviour, (state, parameters) in zip(behaviours, found.values(), strict=True):
        allowed = FAILURES[behaviour] | refused_by(policies)
        live = behaviour == "ok" or (behaviour == "slow" and "attempt_timeout" not in policies)
        if "fallback" in policies:
            assert state in ({"fresh", "fallback"} if live else {"fallback"})
        else:
            assert state in (allowed | {"fresh"} if live else allowed)
        assert 0 <= parameters["attempts"] <= (3 if "retry" in policies else 1) + ("hedge" in policies)
        assert parameters["attempts"] > 0 or state not in {"fresh", "source-unavailable"}
    complete = all(state == "fresh" for state, _ in found.values())
    assert reply.complete == complete
    assert reply.seconds <= 2.0
    assert reply.headers["cache-control"] == "no-store"
    values = {"fresh": {"live": True}, "fallback": {"static": True}}
    failed = {name: state for name, (state, _) in found.items() if state not in values}
    if len(failed) == len(SOURCES):
        only_timeouts = set(failed.values()) == {"source-timeout"}
        assert reply.status == (504 if only_timeouts else 502)
        assert set(reply.body["sources"]) == set(failed)
        return
    assert reply.status == 200
    assert {name: reply.body[name] for name in SOURCES} == {
        name: values.get(state) for name, (state, _) in found.items()
    }
    problems = {name: problem["type"].rsplit("/")[-1] for name, problem in reply.body.get("errors", {}).items()}
    assert problems == failed


@pytest.mark.parametrize(
    ("number", "policies"), [*enumerate(subsets())], ids=["+".join(subset) or "none" for subset in subsets()]
)
def test_the_contract_is_kept_and_completeness_is_never_wrong(
    tmp_path: Path, number: int, policies: tuple[str, ...]
) -> None:
    """All 2^6 mixtures of policies, and among them all 4^4 of what four sources do."""
    file = tmp_path / "fanin.toml"
    file.write_text(toml_of(policies))
    app = App(file)
    mixtures = cycle(product(BEHAVIOURS, repeat=len(SOURCES)))
    for behaviours in islice(mixtures, number * REQUESTS, (number + 1) * REQUESTS):
        for name, behaviour in zip(SOURCES, behaviours, strict=True):
            app.sources[name].script = BEHAVIOURS[behaviour]
        for _ in range(2):
            check(app.get("/e"), behaviours, policies)
