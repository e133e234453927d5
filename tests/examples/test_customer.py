"""A customer's orders, from a database and an API."""

import sqlite3
from collections.abc import Callable, Sequence

import pytest

from fanin.local.layout import ROOT
from fanin.local.upstream.scripted import Asked
from tests.contract.ask import Reply
from tests.contract.own.case import Case
from tests.contract.own.upstream import Gives

EXAMPLE = "customer"
TEA, CUP = {"title": "Assam", "price": 499}, {"title": "Cup", "price": 1200}
ORDERS = [
    {"id": 105, "sku": "tea", "quantity": 4, "placed": "2026-11-20", "product": TEA},
    {"id": 104, "sku": "gone", "quantity": 1, "placed": "2026-11-09", "product": None},
    {"id": 101, "sku": "tea", "quantity": 2, "placed": "2026-11-02", "product": TEA},
    {"id": 102, "sku": "cup", "quantity": 1, "placed": "2026-11-02", "product": CUP},
]


def _one_call(_: Reply, asked: Sequence[Asked]) -> None:
    assert [each.line for each in asked] == ["GET /products?skus=tea,gone,cup"]


CASES = [
    Case("orders have their products, by one call", "/customers/7", {"name": "Ada", "orders": ORDERS}, check=_one_call),
    Case("since is bound", "/customers/7?since=2026-11-05", {"name": "Ada", "orders": ORDERS[:2]}),
    Case(
        "without the customer there is nothing", "/customers/9", {"status": 404}, status=404, complete=False, asked=[]
    ),
    Case(
        "what is no date asks nobody", "/customers/7?since=1'--", {"status": 422}, status=422, complete=None, asked=[]
    ),
    Case(
        "without products there are no orders",
        "/customers/7",
        upstream={"GET /products": Gives(status=500)},
        complete=False,
        sources={"customer": "fresh", "orders": "fresh", "lines": "source-unavailable"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_customer(case: Case, hold: Callable[[Case], None]) -> None:
    hold(case)


def test_the_database_is_made_of_its_statements() -> None:
    folder = ROOT / "examples/customer"
    made = sqlite3.connect(":memory:")
    made.executescript((folder / "shop.sql").read_text())
    kept = sqlite3.connect(f"file:{folder / 'shop.db'}?mode=ro&immutable=1", uri=True)
    try:
        assert list(kept.iterdump()) == list(made.iterdump())
    finally:
        made.close()
        kept.close()
