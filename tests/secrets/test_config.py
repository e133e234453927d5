"""What fanin.toml may say of secrets and credentials."""

from collections.abc import Sequence

import pytest

from fanin.config import Config, parse
from fanin.config.finding import ConfigError
from fanin.config.warn import warnings

ENDPOINT = '\n[endpoints.e]\npath = "/e"\nsources = ["api"]\n'


def config(lines: str, url: str = "https://api.example/a") -> Config:
    return parse(text(lines, url), {})


def text(lines: str, url: str = "https://api.example/a") -> str:
    return f'fanin = 1\n[sources.api]\nurl = "{url}"\n{lines}{ENDPOINT}'


def rules(lines: str, url: str = "https://api.example/a") -> list[tuple[str, Sequence[str | int]]]:
    try:
        config(lines, url)
    except ConfigError as error:
        return [(finding.rule, finding.key) for finding in error.findings]
    return []


@pytest.mark.parametrize(
    "url", ["{!s}://a.example", "https://{!s}/a", "https://a.example:{!s}/a", "https://a.{!s}.b/a"]
)
def test_no_secret_stands_for_scheme_host_or_port(url: str) -> None:
    assert rules("", url) == [("bad-url", ("sources", "api", "url"))]


@pytest.mark.parametrize("name", ["", "A", "a-b", "1", "a.b", "!a", " a"])
def test_names_of_secrets_are_as_all_names(name: str) -> None:
    assert rules("", f"https://api.example/a?k={{!{name}}}") == [("bad-reference", ("sources", "api", "url"))]


@pytest.mark.parametrize(
    ("auth", "key"),
    [
        ("{}", ()),
        ('{ bearer = "{!a}", basic = { user = "u", password = "p" } }', ()),
        ('{ bearer = "{city}" }', ("bearer",)),
        ('{ query = { name = "k", value = "{geo.lat}" } }', ("query", "value")),
        ('{ basic = { user = "a:b", password = "{!p}" } }', ("basic",)),
        (
            '{ oauth2 = { token_url = "https://a/{!x}", client_id = "i", client_secret = "s" } }',
            ("oauth2", "token_url"),
        ),
    ],
)
def test_what_auth_may_not_be(auth: str, key: tuple[str, ...]) -> None:
    assert rules(f"auth = {auth}") == [("bad-auth", ("sources", "api", "auth", *key))]


@pytest.mark.parametrize("where", ['headers = { authorization = "x" }', 'forward = ["AUTHORIZATION"]'])
def test_one_header_has_one_place(where: str) -> None:
    assert rules(f'{where}\nauth = {{ bearer = "{{!a}}" }}') == [("bad-auth", ("sources", "api"))]


def test_a_signature_is_for_one_url() -> None:
    assert rules("redirects = 1\nauth = { sigv4 = {} }") == [("bad-auth", ("sources", "api"))]


@pytest.mark.parametrize("name", ["Host", "content-length", "a b", ""])
def test_a_header_that_is_fanins_is_none_of_auth(name: str) -> None:
    found = rules(f'auth = {{ header = {{ name = "{name}", value = "{{!a}}" }} }}')
    assert found == [("bad-header", ("sources", "api", "auth", "header", "name"))]


def test_a_key_that_auth_does_not_have_is_named_with_the_nearest() -> None:
    with pytest.raises(ConfigError) as raised:
        config('auth = { basic = { user = "u", pasword = "{!p}" } }')
    assert any("Write 'password'" in str(finding) for finding in raised.value.findings)


def test_variables_may_stand_in_credentials() -> None:
    lines = 'auth = { basic = { user = "{$id}", password = "{!p}" } }\n[variables]\nid = "me"'
    auth = config(lines).sources["api"].auth
    assert auth
    assert auth.basic
    assert auth.basic.user.pieces == ("me",)


@pytest.mark.parametrize(
    ("lines", "url", "expected"),
    [
        ('auth = { bearer = "{!a}" }', "https://api.example", []),
        ('auth = { bearer = "clear" }', "https://api.example", [("secret-in-file", "bearer")]),
        (
            'auth = { basic = { user = "u", password = "clear" } }',
            "https://api.example",
            [("secret-in-file", "password")],
        ),
        ("", "https://api.example/?limit=10&api_key=clear", [("secret-in-file", "url")]),
        ("", "https://api.example/?q=sk_live_0123456789abcdefgh", [("secret-in-file", "url")]),
        ("", "https://api.example/?api_key={!a}&keyword=tea", []),
        ('headers = { Authorization = "Bearer clear" }', "https://api.example", [("secret-in-file", "Authorization")]),
        (
            'headers = { X-Api-Key = "{$k}" }\n[variables]\nk = "clear"',
            "https://api.example",
            [("secret-in-file", "X-Api-Key")],
        ),
        ('headers = { Authorization = "Bearer {!a}", Accept = "text/plain" }', "https://api.example", []),
        ('method = "POST"\nform = { token = "clear", to = "7" }', "https://api.example", [("secret-in-file", "token")]),
        ('auth = { bearer = "{!a}" }', "http://api.example", [("secret-in-clear", "url")]),
        ("", "http://api.example/?k={!a}", [("secret-in-clear", "url")]),
        ("", "http://127.0.0.1:8000/?k={!a}", []),
        ("", "http://localhost:8000/?k={!a}", []),
        ("", "http://api.example/", []),
        (
            'auth = { oauth2 = { token_url = "http://t.example", client_id = "i", client_secret = "{!s}" } }',
            "https://api.example",
            [("secret-in-clear", "auth")],
        ),
    ],
)
def test_credentials_that_many_can_see_are_warned_of(lines: str, url: str, expected: list[tuple[str, str]]) -> None:
    found = warnings(config(lines, url), text(lines, url))
    assert [(finding.rule, finding.key[-1]) for finding in found] == expected
    assert all("clear" not in finding.message or finding.rule == "secret-in-clear" for finding in found)


def test_a_secret_of_an_upstream_is_told_of_once_and_where_it_stands() -> None:
    """Its sources have its headers, and may have some of their own."""
    file = """fanin = 1
[upstreams.shop]
url = "https://shop.example"
headers = { X-Api-Key = "clear" }
[sources.plain]
upstream = "shop"
url = "/plain"
[sources.more]
upstream = "shop"
url = "/more"
headers = { Accept = "text/plain", X-Token = "bright" }
[endpoints.all]
path = "/all"
sources = ["plain", "more"]
"""
    found = warnings(parse(file, {}), file)
    assert [(finding.line, finding.key[1:], finding.fix) for finding in found] == [
        (4, ("shop", "headers", "X-Api-Key"), "Write {!shop_key}, and set FANIN_SECRET_SHOP_KEY"),
        (11, ("more", "headers", "X-Token"), "Write {!more_key}, and set FANIN_SECRET_MORE_KEY"),
    ]


def test_the_secrets_of_a_source_are_known() -> None:
    source = config(
        'headers = { X = "{!b}" }\nauth = { header = { name = "Y", value = "{!c}" } }', "https://a/{!a}"
    ).sources["api"]
    assert source.secrets == {"a", "b", "c"}
    assert {secret.name for secret in source.sealed} == {"a", "b"}
