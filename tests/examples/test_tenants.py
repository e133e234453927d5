"""Orders of several companies: who may ask for which."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from fanin.local.upstream.scripted import Asked
from tests.contract.ask import Question, Reply
from tests.contract.own.case import Case

EXAMPLE = "tenants"
ACME = [{"id": "o-1", "total": 1250}, {"id": "o-2", "total": 499}]
BOLT = [{"id": "o-9", "total": 80}]


def _staff(path: str, tenant: str, scope: str = "orders:read") -> Question:
    claims = {"sub": "ada", "tenant": tenant, "scope": scope}
    return Question(path, context={"authorizer": {"jwt": {"claims": claims, "scopes": None}}})


def _role(path: str, name: str) -> Question:
    iam: Mapping[str, Any] = {"userArn": f"arn:aws:sts::123456789012:assumed-role/{name}/session"}
    return Question(path, context={"authorizer": {"iam": iam}})


def _refused(question: Question | str, status: int, rule: str) -> Case:
    return Case(rule, question, status=status, complete=None, asked=[])


def _with_its_own_key(_: Reply, asked: Sequence[Asked]) -> None:
    assert {each.headers["authorization"] for each in asked} == {"Bearer a key of the example"}


CASES = [
    Case(
        "staff see the orders of their company",
        _staff("/t/acme/orders", "acme"),
        {"orders": ACME, "notes": None},
        asked=["GET /tenants/acme/orders"],
        check=_with_its_own_key,
    ),
    Case(
        "who may read notes gets them",
        _staff("/t/bolt/orders", "bolt", "orders:read notes:read"),
        {"orders": BOLT, "notes": []},
        asked=["GET /tenants/bolt/notes", "GET /tenants/bolt/orders"],
    ),
    _refused(_staff("/t/acme/orders", "bolt"), 403, "another company's orders are not for them"),
    _refused(_staff("/t/acme/orders", "acme", "notes:read"), 403, "without the scope there are no orders"),
    _refused("/t/acme/orders", 401, "without a token there are no orders"),
    Case(
        "a role may export",
        _role("/export/bolt", "Nightly"),
        {"any_orders": BOLT},
        asked=["GET /tenants/bolt/orders"],
    ),
    _refused(_role("/export/bolt", "Web"), 403, "another role may not"),
    _refused(_staff("/export/acme", "acme"), 401, "staff may not"),
    Case("everybody may see the version", "/version", {"version": "1"}, asked=[]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Callable[[Case], None]) -> None:
    """In every execution model."""
    hold(case)
