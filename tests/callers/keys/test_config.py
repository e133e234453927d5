"""What fanin.toml may say of callers with keys, and keys that stand where they do not belong."""

import tomllib
from typing import Any

import pytest
from pydantic import ValidationError

from fanin.callers.keys.form import new_key
from fanin.callers.keys.identify import claims_of
from fanin.callers.keys.record import Record
from fanin.config import parse
from fanin.config.callers.key_form import key_findings
from fanin.config.callers.keys import Keys
from fanin.credentials.secrets.missing import missing


def read(text: str, variables: dict[str, str] | None = None) -> Keys:
    context = {"variables": variables or {}, "used": set()}
    return Keys.model_validate(tomllib.loads(f"keys = {text}")["keys"], context=context)


def rule(text: str) -> tuple[str, tuple[Any, ...]]:
    with pytest.raises(ValidationError) as raised:
        read(text)
    (error,) = raised.value.errors()
    return getattr(error.get("ctx", {}).get("error"), "rule", error["type"]), error["loc"]


def test_everything_has_a_default() -> None:
    keys = read("{}")
    assert (keys.header, keys.table, keys.secret, keys.scopes) == ("X-Api-Key", None, None, ())


def test_every_key_is_read() -> None:
    keys = read('{ header = "X-Shop-Key", table = "shop-{$stage}", scopes = ["b", "a:c"] }', {"stage": "prod"})
    assert (keys.header, keys.table, keys.scopes) == ("X-Shop-Key", "shop-prod", ("b", "a:c"))
    assert read('{ secret = "{!api_keys}" }').secret == "api_keys"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{ header = "X Key" }', ("bad-header", ("header",))),
        ('{ header = "Host" }', ("bad-header", ("header",))),
        ('{ header = "authorization" }', ("bad-header", ("header",))),
        ('{ header = "Cookie" }', ("bad-header", ("header",))),
        ('{ table = "a b" }', ("bad-table", ("table",))),
        ('{ table = "" }', ("bad-table", ("table",))),
        ("{ table = true }", ("bad-type", ("table",))),
        ('{ secret = "api_keys" }', ("bad-secret", ("secret",))),
        ('{ table = "shop", secret = "{!api_keys}" }', ("bad-keys", ())),
        ('{ scopes = ["a b"] }', ("bad-scope", ("scopes", 0))),
        ('{ scopes = [""] }', ("bad-scope", ("scopes", 0))),
        ('{ scopes = ["a", "a"] }', ("listed-twice", ("scopes",))),
        ("{ scopes = [" + ",".join(f'"{n}"' for n in range(51)) + "] }", ("too_long", ("scopes",))),
        ('{ hash = "a" }', ("extra_forbidden", ("hash",))),
        ('["fanin_abcdefghijkl_secret"]', ("bad-keys", ())),
        ('"fanin_abcdefghijkl_secret"', ("bad-keys", ())),
    ],
)
def test_a_mistake_has_a_rule(text: str, found: tuple[str, tuple[Any, ...]]) -> None:
    assert rule(text) == found


def test_a_key_in_the_file_is_found_wherever_it_stands_and_not_repeated() -> None:
    one, other = new_key(), new_key()
    text = (
        f"fanin = 1\n\n# the old one: {one.text}\n[sources.a]\nheaders = {{ X = '{other.text}', Y = '{one.text}' }}\n"
    )
    found = [*key_findings(text)]
    assert [(finding.line, finding.column) for finding in found] == [(3, 16), (5, 18), (5, 77)]
    assert {finding.rule for finding in found} == {"key-in-file"}
    for finding, key in zip(found, (one, other, one), strict=True):
        assert text.splitlines()[finding.line - 1][finding.column - 1 :].startswith(key.text)
        assert key.id in finding.fix
        assert key.secret not in str(finding)


@pytest.mark.parametrize("text", ["fanin_abcdefghijkl_", "x{}", "{}x", "fanin = 1"])
def test_what_only_looks_like_a_key_is_none(text: str) -> None:
    assert [*key_findings(text.format(new_key().text))] == []


def test_answers_vary_with_the_header_and_openapi_names_it() -> None:
    keys = read('{ header = "X-Shop-Key", scopes = ["a", "b"] }')
    assert keys.reads == "X-Shop-Key"
    assert keys.security == {"type": "apiKey", "name": "X-Shop-Key", "in": "header"}
    assert keys.asks_for == "an API key in X-Shop-Key, with a b"


def test_check_knows_the_claims_that_a_key_has() -> None:
    record = Record("a", "b", "c", "d", 1)
    assert claims_of(record).keys() == Keys.claims


def test_a_secret_without_a_value_is_a_warning() -> None:
    text = """
        fanin = 1
        [callers.partners]
        keys = { secret = "{!api_keys}" }
        [sources.a]
        value = 1
        [endpoints.a]
        path = "/a"
        caller = "partners"
        sources = ["a"]
    """
    (finding,) = missing(parse(text, {}), {})
    assert (finding.rule, finding.key) == ("missing-secret", ("callers", "partners", "keys", "secret"))
    assert [*missing(parse(text, {}), {"FANIN_SECRET_API_KEYS": "{}"})] == []
