"""Who may ask: what every execution model answers to callers, to others, and to callers who may not."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from tests.contract.ask import Question, Reply
from tests.contract.own.case import Case
from tests.contract.own.conftest import Served
from tests.contract.own.upstream import Asked, Gives, Upstreams

PROBLEMS = "https://fanin.example/problems/"
ADA = {"sub": "ada", "tenant": "acme", "scope": "orders:read audit", "name": "Ada"}
BOB = {"sub": "bob", "tenant": "bolt", "scope": "orders:read"}
ROLE = {
    "accountId": "123456789012",
    "userArn": "arn:aws:sts::123456789012:assumed-role/Nightly/session-7",
    "userId": "AROAEXAMPLE:session-7",
}
SIGNED_BY_ROLE = {"authorizer": {"iam": ROLE}}


def by(claims: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give what API Gateway's JWT authorizer says."""
    return {"authorizer": {"jwt": {"claims": claims, "scopes": None}}}


def ask(path: str, context: Mapping[str, Any], query: str = "", **headers: str) -> Question:
    return Question(path, query, headers=headers, context=context)


def pay(amount: object, claims: Mapping[str, Any], **headers: str) -> Question:
    body = json.dumps({"amount": amount}).encode()
    return Question("/pay", "", "POST", {"content-type": "application/json", **headers}, body, context=by(claims))


def refused(problem: str, **headers: str) -> Callable[[Reply, Sequence[Asked]], None]:
    """Say that a request was refused, with these headers, before any source was called."""

    def look(reply: Reply, asked: Sequence[Asked]) -> None:
        assert reply.body["type"] == PROBLEMS + problem
        expected = {"cache-control": "no-store", **{name.replace("_", "-"): text for name, text in headers.items()}}
        assert {name: reply.headers.get(name) for name in expected} == expected
        assert asked == []

    return look


def _refusal(rule: str, question: Question | str, status: int, problem: str, **headers: str) -> Case:
    return Case(rule, question, status=status, complete=None, check=refused(problem, **headers))


def _named(reply: Reply, asked: Sequence[Asked]) -> None:
    assert reply.headers["x-tenant"] == "acme"
    (audit,) = [each for each in asked if each.line == "GET /audit"]
    assert audit.headers["x-who"] == "ada"
    assert audit.headers["x-roles"] == "chief"


NO_TOKEN = {"www_authenticate": 'Bearer realm="staff"'}
NO_SCOPE = {"www_authenticate": 'Bearer realm="staff", error="insufficient_scope", scope="orders:read"'}
NOTHING_SAID: Sequence[dict[str, Any]] = (
    *({}, {"lambda": None}, {"lambda": {}}, {"jwt": None}),
    *({"jwt": {"claims": None}}, {"jwt": {"claims": {}}}),
)
ORDERS = {"GET /tenants/acme/orders": Gives([1])}

CASES = [
    Case("whom the authorizer let in may ask", ask("/t/acme/orders", by(ADA)), {"orders": [1]}, ORDERS),
    _refusal("without credentials it is 401", "/t/acme/orders", 401, "not-authenticated", **NO_TOKEN),
    _refusal("401 comes before a bad parameter", "/t/acme/orders?days=x", 401, "not-authenticated", **NO_TOKEN),
    _refusal(
        "401 comes before a bad body", Question("/pay", method="POST", body=b"{"), 401, "not-authenticated", **NO_TOKEN
    ),
    _refusal(
        "headers that a client writes itself are no authorizer's",
        ask("/t/acme/orders", {}, authorization="Bearer ada", sub="ada"),
        401,
        "not-authenticated",
    ),
    *(
        _refusal(
            f"an authorizer that says nothing lets nobody in: {said}",
            ask("/t/acme/orders", {"authorizer": said}),
            401,
            "not-authenticated",
        )
        for said in NOTHING_SAID
    ),
    _refusal("another kind of caller is nobody", ask("/t/acme/orders", SIGNED_BY_ROLE), 401, "not-authenticated"),
    _refusal(
        "a missing scope is named",
        ask("/t/acme/orders", by({**ADA, "scope": "audit"})),
        403,
        "not-allowed",
        **NO_SCOPE,
    ),
    _refusal("allow compares claims with parameters", ask("/t/acme/orders", by(BOB)), 403, "not-allowed"),
    _refusal("a parameter counts by its type", ask("/t/acme/orders", by(ADA), "days=8"), 403, "not-allowed"),
    _refusal("422 comes before allow", ask("/t/bolt/orders", by(ADA), "days=0"), 422, "bad-parameter"),
    Case(
        "expressions, lists, conditions and headers know who asks",
        ask("/teams", by({**ADA, "teams": ["a", "b"], "https://id.example/roles": "chief"})),
        {"teams": [1, 2], "audit": 3, "name": "Ada", "who": "ada"},
        {"GET /teams/a": Gives(1), "GET /teams/b": Gives(2), "GET /audit": Gives(3)},
        check=_named,
    ),
    Case(
        "a claim that is missing is null",
        ask("/teams", by(BOB)),
        {"teams": [], "audit": None, "name": None, "who": "bob"},
    ),
    Case("a role may ask, by its name", ask("/role", SIGNED_BY_ROLE), {"name": "Nightly"}),
    _refusal(
        "a request without a signature is 401",
        "/role",
        401,
        "not-authenticated",
        www_authenticate='AWS4-HMAC-SHA256 realm="services"',
    ),
    _refusal(
        "a role of another account is 403",
        ask("/role", {"authorizer": {"iam": {**ROLE, "accountId": "210987654321"}}}),
        403,
        "not-allowed",
    ),
    Case("allow reads the input", pay(99, ADA), {"pay": 1}, {"POST /pay": Gives(1)}),
    _refusal("an input that allow does not let pass writes nothing", pay(100, ADA), 403, "not-allowed"),
    _refusal("an input that is none is 422", pay("much", ADA), 422, "bad-input"),
    Case("an endpoint may be open to anyone", "/version", {"version": "1"}, complete=True),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Callable[[str, Case], None]) -> None:
    """Each case is a rule, and every execution model keeps it."""
    hold("callers", case)


def test_the_keys_of_writes_are_one_callers(served: Served, upstreams: Upstreams) -> None:
    """A caller who sends another's idempotency key writes for itself; a new token of the same caller's does not."""
    for model, asked in served("callers").items():
        keys = []
        for claims in (ADA, {**ADA, "iat": 2}, BOB):
            upstreams.play({"POST /pay": Gives(1)})
            assert asked(pay(1, claims, **{"idempotency-key": '"k"'})).status == 200
            keys += [each.headers["idempotency-key"] for each in upstreams.asked]
        first, again, other = keys
        assert first == again != other, model
