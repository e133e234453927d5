"""fanin.policies.fallback: static data where there is no value, marked as what it is."""

from pathlib import Path

import pytest

from fanin.config.values import Json
from fanin.errors import SourceRejected, SourceTimeout, SourceUnavailable
from fanin.testing import App, Script, fails, gives, hangs
from tests.unit.scenario import config_of

TOML = """
fanin = 1
[sources.rates]
url = "https://rates.example/latest"
pick = "rates"
timeout = "1s"
fallback = { value = { EUR = 1 } }
[sources.country]
url = "https://country.example/{rates.EUR}"
[endpoints.e]
path = "/e"
sources = ["rates", "country"]
required = ["rates"]
"""


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    file = tmp_path / "fanin.toml"
    file.write_text(TOML)
    return file


@pytest.mark.parametrize(
    "script", [fails(SourceUnavailable), fails(SourceRejected), hangs()], ids=["unavailable", "rejected", "hangs"]
)
def test_static_data_stands_in_for_a_failure(toml: Path, script: Script) -> None:
    """As it is, marked; the answer is partial, a required source counts as there, and others may refer to it."""
    app = App(toml, {"rates": script, "country": gives({"name": "Portugal"})})
    reply = app.get("/e")
    assert (reply.status, reply.complete) == (200, False)
    assert reply.body == {"rates": {"EUR": 1}, "country": {"name": "Portugal"}}
    assert reply.headers["fanin-sources"] == "rates=fallback;attempts=1, country=fresh;age=0;attempts=1"
    assert app.sources["country"].urls == ["https://country.example/1"]


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        ('pick = "sum(rates)"', {"rates": "none today"}),
        ('pick_response = "sum(body.rates)"', {"rates": "none today"}),
        ('pick = "rates"\nexpect = { type = "object" }', {"rates": [1]}),
        ('pick = "rates"\npages = { next = "body.next", query = "page" }', {"rates": "no list"}),
        ('for_each = "`[1]`"\nbatch = { size = 2, by = "id" }', {"rates": "no rows"}),
        ('for_each = "`[1]`"\npick = "sum(rates)"', {"rates": "none today"}),
    ],
    ids=["pick", "pick_response", "expect", "pages", "batch", "items"],
)
def test_static_data_stands_in_for_an_answer_without_a_value(tmp_path: Path, keys: str, answer: Json) -> None:
    """An API that has changed its answers has failed like one that is down."""
    file = tmp_path / "fanin.toml"
    file.write_text(
        f"""fanin = 1
[sources.a]
url = "https://a.example/{"?of={each}" if "for_each" in keys else ""}"
fallback = {{ value = {{ EUR = 1 }} }}
{keys}
[endpoints.e]
path = "/e"
sources = ["a"]
required = ["a"]
"""
    )
    reply = App(file, {"a": gives(answer)}).get("/e")
    static = {"EUR": 1}
    assert (reply.status, reply.body) == (200, {"a": [static] if "for_each" in keys else static})
    assert reply.sources == {"a": "fallback"}


@pytest.mark.parametrize("answer", [gives({"rates": None}), gives({}, status=404)], ids=["null", "404"])
def test_that_there_is_no_such_thing_is_an_answer(toml: Path, answer: Script) -> None:
    """And static data would be a wrong one."""
    assert App(toml, {"rates": answer}).get("/e").status == 404


def test_a_value_that_is_there_is_the_value(toml: Path) -> None:
    """Static data is for failures alone."""
    reply = App(toml, {"rates": gives({"rates": {"EUR": 2}}), "country": gives({})}).get("/e")
    assert reply.complete
    assert reply.body["rates"] == {"EUR": 2}


def test_it_is_written_down(toml: Path) -> None:
    """With what it stood in for."""
    app = App(toml, {"rates": fails(SourceTimeout, after=0.25), "country": gives({})})
    app.get("/e")
    (event,) = app.sources["rates"].calls[0].span.events
    assert (event.policy, event.did) == ("fallback", "stood in for source-timeout")
    assert event.at == pytest.approx(0.25)


@pytest.mark.parametrize("value", ["null", "[1, 2.5]", '"text"', "false", "{ a = { b = [] } }"])
def test_any_json_will_do(value: str) -> None:
    """But null, which TOML has not."""
    lines = f'[sources.a]\nurl = "https://a.example"\nfallback = {{ value = {value} }}\n[endpoints]\n'
    if value == "null":
        with pytest.raises(Exception, match="toml"):
            config_of(lines)
    else:
        assert config_of(lines).sources["a"].fallback


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        *((value, "bad-static") for value in ("2026-01-01", "12:00:00", "inf", "[nan]")),
        ("{ a = 9223372036854775808000 }", "bad-value"),
    ],
)
def test_what_json_does_not_have_is_a_mistake(value: str, rule: str) -> None:
    """When the file is loaded."""
    with pytest.raises(Exception, match=rule):
        config_of(f'[sources.a]\nurl = "https://a.example"\nfallback = {{ value = {value} }}\n[endpoints]\n')


def test_the_function_without_a_loop_has_timeout_alone(tmp_path: Path) -> None:
    """It is plain on purpose: the same file is served, without static data, retries or any other policy."""
    policies = 'retry = { base = "1ms" }\ncircuit_breaker = { minimum_calls = 1 }\nhedge = { after = "100ms" }\n'
    file = tmp_path / "fanin.toml"
    file.write_text(TOML.replace("fallback", f"{policies}fallback"))
    app = App(file, {"rates": fails(SourceUnavailable), "country": gives({})})
    for _ in range(3):
        reply = app.get("/sync/e")
        assert reply.status == 502
        assert reply.body["sources"]["rates"]["attempts"] == 1
    assert app.get("/e").status == 200
    assert len(app.sources["rates"].calls) == 3 + 2
