"""fanin.config.callers.jwt: whose tokens are taken, and what in the table would let others in."""

from typing import Any

import pydantic
import pytest

from fanin.config.callers.jwt import ALGORITHMS, Jwt
from fanin.config.mistake import Mistake

TABLE = {"issuer": "https://login.example.com", "audience": "https://api.example.com"}


def read(variables: dict[str, str] | None = None, **told: Any) -> Jwt:
    table = {name: value for name, value in {**TABLE, **told}.items() if value is not ...}
    return Jwt.model_validate(table, context={"variables": variables or {}, "used": set()})


def mistake(rule: str = "bad-jwt", **told: Any) -> Mistake:
    with pytest.raises(pydantic.ValidationError) as caught:
        read(**told)
    (error,) = caught.value.errors()
    found = error["ctx"]["error"]
    assert isinstance(found, Mistake)
    assert found.rule == rule
    return found


def test_issuer_and_audience_are_enough() -> None:
    table = read()
    assert (table.audience, table.algorithms, table.scopes, table.skew) == (
        (TABLE["audience"],),
        ("RS256", "ES256"),
        (),
        60,
    )
    assert (table.keys, table.private) == (None, False)


@pytest.mark.parametrize("key", ["issuer", "audience"])
def test_neither_may_be_left_out(key: str) -> None:
    told: dict[str, Any] = {key: ...}
    with pytest.raises(pydantic.ValidationError, match="Field required"):
        read(**told)


@pytest.mark.parametrize(
    ("issuer", "url"),
    [
        ("https://a.example", "https://a.example/.well-known/openid-configuration"),
        ("https://a.example/", "https://a.example/.well-known/openid-configuration"),
        ("https://a.example:8443/realms/b", "https://a.example:8443/realms/b/.well-known/openid-configuration"),
        ("https://a.example/tenant/v2.0/", "https://a.example/tenant/v2.0/.well-known/openid-configuration"),
    ],
)
def test_an_issuer_is_asked_at_its_own_url(issuer: str, url: str) -> None:
    assert read(issuer=issuer).discovery == url


def test_variables_stand_for_texts() -> None:
    table = read(
        {"host": "a.example", "api": "b"}, issuer="https://{$host}", audience=["{$api}"], keys="https://{$host}/k"
    )
    assert (table.issuer, table.audience, str(table.keys.expand({}) if table.keys else "")) == (
        "https://a.example",
        ("b",),
        "https://a.example/k",
    )


@pytest.mark.parametrize(
    ("told", "message", "fix"),
    [
        ({"issuer": ""}, "the issuer is empty", "iss"),
        ({"issuer": "http://a.example"}, "could be anybody's", "https://"),
        ({"issuer": "accounts.example"}, "is no URL", "keys ="),
        ({"issuer": "https://a.example#b"}, "is no URL", "keys ="),
        ({"issuer": "https://a.example?b=c"}, "has no query", "Remove the query"),
        ({"issuer": "https://a.example/.well-known/openid-configuration"}, "describes itself", '"https://a.example"'),
        ({"issuer": "a", "keys": "http://a.example/k"}, "could be anybody's", "https://"),
        ({"keys": "https://a.example/{tenant}"}, "has a reference", "{$name}"),
        ({"audience": []}, "the audience is empty", "audience ="),
        ({"audience": ""}, "the audience is empty", "audience ="),
        ({"audience": ["a", ""]}, "the audience is empty", "audience ="),
        ({"audience": "*"}, "is no audience", "audience ="),
        ({"algorithms": []}, "no algorithm is listed", "remove algorithms"),
        ({"algorithms": ["none"]}, "without a signature", "Use one of"),
        ({"algorithms": ["HS256"]}, "shared secret", "'RS256'"),
        ({"algorithms": ["rs256"]}, "no algorithm that is taken", "'RS256'"),
        ({"algorithms": ["ES256K"]}, "no algorithm that is taken", "'ES256'"),
    ],
)
def test_what_would_let_others_in_or_nobody_is_a_mistake_with_a_fix(
    told: dict[str, Any], message: str, fix: str
) -> None:
    found = mistake(**told)
    assert message in found.message
    assert fix in found.fix


@pytest.mark.parametrize(
    "told",
    [{"skew": "6m"}, {"skew": 60}, {"private": "yes"}, {"key": "a"}, {"audience": [1]}, {"algorithms": "RS256"}],
)
def test_other_types_and_keys_are_refused(told: dict[str, Any]) -> None:
    with pytest.raises(pydantic.ValidationError):
        read(**told)


def test_a_scope_is_one_as_with_other_callers() -> None:
    assert "by itself" in mistake("bad-scope", scopes=["a b"]).fix


def test_an_issuer_of_ones_own_network_may_be_asked_over_http() -> None:
    assert read(issuer="http://keycloak.internal/realms/a", private=True).private
    assert read(issuer="kubernetes/serviceaccount", keys="https://a.example/openid/v1/jwks").keys


def test_no_algorithm_has_a_shared_secret() -> None:
    assert not [name for name in ALGORITHMS if name.startswith("HS") or name == "none"]
    assert read(algorithms=list(ALGORITHMS)).algorithms == ALGORITHMS


def test_editors_know_the_algorithms() -> None:
    Jwt.model_rebuild()
    schema = Jwt.model_json_schema()
    assert schema["properties"]["algorithms"]["items"]["enum"] == list(ALGORITHMS)
    assert schema["required"] == ["issuer", "audience"]
