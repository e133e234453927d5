"""Callers that send a JSON Web Token: what every execution model answers to good tokens, to others, without keys."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from fanin.testing.issuer import DISCOVERY, KEYS, Issuer
from tests.contract.ask import Question, Reply
from tests.contract.models import MODELS
from tests.contract.own.case import Case
from tests.contract.own.conftest import Served
from tests.contract.own.upstream import Asked, Gives, Upstreams

AUDIENCE = "https://api.example.com"
FILE = """fanin = 1
caller = "staff"

[variables]
api = "http://127.0.0.1:1"

[callers.staff]
jwt = { issuer = "ISSUER", audience = "AUDIENCE", scopes = ["orders:read"], private = true }

[sources.orders]
url = "{$api}/tenants/{caller.tenant}/orders"

[endpoints.orders]
path = "/orders"
sources = ["orders"]
allow = "contains(caller.scopes, 'orders:read') && !(caller.blocked)"
headers = { X-Who = "{caller.sub}" }
"""
ADA = {"sub": "ada", "tenant": "acme", "scope": "openid orders:read"}
ORDERS = {"GET /tenants/acme/orders": Gives([1])}
CHALLENGE = 'Bearer realm="staff"'


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    """Serve an issuer, and its keys, on loopback."""
    made = Issuer(algorithms=("RS256", "ES256"))
    with made.serving():
        yield made


@pytest.fixture(scope="module")
def file(issuer: Issuer) -> str:
    return FILE.replace("ISSUER", issuer.url).replace("AUDIENCE", AUDIENCE)


def ask(token: str, scheme: str = "Bearer") -> Question:
    return Question("/orders", headers={"authorization": f"{scheme} {token}"})


def invalid(why: str) -> str:
    return f'{CHALLENGE}, error="invalid_token", error_description="{why}"'


def refused(problem: str, challenge: str) -> Callable[[Reply, Sequence[Asked]], None]:
    def look(reply: Reply, asked: Sequence[Asked]) -> None:
        assert reply.body["type"].endswith(f"/{problem}")
        assert reply.headers.get("www-authenticate", "") == challenge
        assert reply.headers["cache-control"] == "no-store"
        assert asked == []

    return look


def let_in(reply: Reply, _: Sequence[Asked]) -> None:
    assert reply.headers["x-who"] == "ada"


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_a_good_token_is_let_in(
    issuer: Issuer, file: str, hold: Callable[[str, Case], None], algorithm: str, scheme: str
) -> None:
    token = issuer.token(ADA, audience=AUDIENCE, algorithm=algorithm)
    hold(file, Case("a good token", ask(token, scheme), {"orders": [1]}, ORDERS, check=let_in))


BAD: Mapping[str, tuple[dict[str, Any], str]] = {
    "it has expired": ({"exp": 1}, "the token has expired"),
    "it is not valid yet": ({"nbf": time.time() + 3600}, "the token is not valid yet"),
    "it is for another audience": ({"aud": "https://other.example"}, "the token is for another audience"),
    "it is from another issuer": ({"iss": "https://evil.example"}, "the token is from another issuer"),
}


@pytest.mark.parametrize("rule", BAD)
def test_a_token_is_refused_if(issuer: Issuer, file: str, hold: Callable[[str, Case], None], rule: str) -> None:
    claims, why = BAD[rule]
    token = issuer.token(ADA | {"aud": AUDIENCE} | claims)
    check = refused("not-authenticated", invalid(why))
    hold(file, Case(rule, ask(token), status=401, complete=None, check=check))


def test_a_token_of_another_key_is_refused(issuer: Issuer, file: str, hold: Callable[[str, Case], None]) -> None:
    evil = Issuer(issuer.url, algorithms=("RS256",)).token(ADA, audience=AUDIENCE)
    check = refused("not-authenticated", invalid("the signature is wrong"))
    hold(file, Case("a token of another key", ask(evil), status=401, complete=None, check=check))


def test_without_a_token_nothing_is_said_but_how_to_send_one(file: str, hold: Callable[[str, Case], None]) -> None:
    for question in (Question("/orders"), ask("YTpi", "Basic"), ask("")):
        check = refused("not-authenticated", CHALLENGE)
        hold(file, Case("no token", question, status=401, complete=None, check=check))


def test_a_missing_scope_is_named(issuer: Issuer, file: str, hold: Callable[[str, Case], None]) -> None:
    token = issuer.token(ADA | {"scope": "openid"}, audience=AUDIENCE)
    check = refused("not-allowed", f'{CHALLENGE}, error="insufficient_scope", scope="orders:read"')
    hold(file, Case("no scope", ask(token), status=403, complete=None, check=check))


def test_allow_reads_claims(issuer: Issuer, file: str, hold: Callable[[str, Case], None]) -> None:
    token = issuer.token(ADA | {"blocked": True}, audience=AUDIENCE)
    hold(file, Case("a claim", ask(token), status=403, complete=None, check=refused("not-allowed", "")))


@pytest.mark.parametrize("tenant", [None, ["acme", "other"], {"name": "acme"}, ".."])
def test_a_claim_that_a_source_cannot_use_is_the_callers_lack(
    issuer: Issuer, file: str, hold: Callable[[str, Case], None], tenant: Any
) -> None:
    token = issuer.token(ADA | {"tenant": tenant}, audience=AUDIENCE)

    def look(reply: Reply, asked: Sequence[Asked]) -> None:
        refused("not-allowed", "")(reply, asked)
        assert "{caller.tenant}" in reply.body["detail"]

    hold(file, Case("no such claim", ask(token), status=403, complete=False, check=look))


def test_keys_are_asked_for_once_by_each_function_and_again_when_they_change(
    upstreams: Upstreams, served: Served
) -> None:
    issuer = Issuer()
    with issuer.serving() as url:
        asks = served(FILE.replace("ISSUER", url).replace("AUDIENCE", AUDIENCE))
        counted = []
        for _ in range(2):
            token = issuer.token(ADA, audience=AUDIENCE)
            for model in MODELS:
                upstreams.play(ORDERS)
                assert (model, asks[model](ask(token)).status) == (model, 200)
            counted.append((issuer.asked.count(DISCOVERY), issuer.asked.count(KEYS)))
            issuer.rotate()
    first, again = counted
    assert first[0] == first[1] < 2 * len(MODELS)
    assert again == (2 * first[0], 2 * first[1])


def test_while_the_issuer_is_down_known_keys_do_and_without_any_it_is_503(upstreams: Upstreams, served: Served) -> None:
    known, unknown = Issuer(), Issuer()
    with known.serving() as url, unknown.serving() as other:
        text = FILE.replace("AUDIENCE", AUDIENCE)
        token = known.token(ADA, audience=AUDIENCE)
        later = known.token(ADA | {"jti": "2"}, audience=AUDIENCE)
        nobody = unknown.token(ADA, audience=AUDIENCE)
        asks, without = served(text.replace("ISSUER", url)), served(text.replace("ISSUER", other))
        for model in MODELS:
            upstreams.play(ORDERS)
            assert asks[model](ask(token)).status == 200
    for model in MODELS:
        upstreams.play(ORDERS)
        assert (model, asks[model](ask(later)).status) == (model, 200)
        reply = without[model](ask(nobody))
        assert (model, reply.status, reply.body["type"].rpartition("/")[2]) == (model, 503, "callers-unavailable")
        assert 1 <= int(reply.headers["retry-after"]) <= 10
