"""A shop's orders: which partner gets which, by API keys."""

from collections.abc import Callable

import pytest

from fanin.callers.keys.form import new_key, read_key
from fanin.local.layout import ROOT
from tests.contract.ask import Question
from tests.contract.own.case import Case

EXAMPLE = "partners"
GOOD = "fanin_2jmhzsxdbwpq_urM6ooQxx5RDh2NnJpYG6Dfw8T4eQ7Pt"
REVOKED = "fanin_vat7dmnauo7t_qavKO69l2hNNhSUVEmIj6a1FJq4Lkopd"
ORDERS = [{"id": "o-1", "total": 1250}, {"id": "o-2", "total": 499}]


def _with(key: str, path: str = "/orders") -> Question:
    return Question(path, headers={"x-api-key": key})


def _refused(question: Question | str, rule: str) -> Case:
    return Case(rule, question, status=401, complete=None, asked=[])


def _id(key: str) -> str:
    read = read_key(key)
    assert read
    return read.id


CASES = [
    Case("a partner gets its own orders", _with(GOOD), {"orders": ORDERS}, asked=["GET /partners/acme/orders"]),
    Case(
        "a partner sees what its key may do",
        _with(GOOD, "/key"),
        {"key": {"id": _id(GOOD), "name": "orders, nightly", "limit": {"calls": 100, "per": 60}}},
    ),
    _refused(_with(REVOKED), "a revoked key is refused"),
    _refused(_with(new_key().text), "a key that nobody made is refused"),
    _refused("/orders", "without a key there are no orders"),
    Case("everybody may see the version", "/version", {"version": "1"}, asked=[]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Callable[[Case], None]) -> None:
    """In every execution model."""
    hold(case)


def test_the_readme_has_the_good_key() -> None:
    assert GOOD in (ROOT / "examples" / EXAMPLE / "README.md").read_text(encoding="utf-8")
