"""An order of several lines, paid for."""

import json
from collections.abc import Callable, Sequence

import pytest

from fanin.local.upstream.script import Broken, Gives
from fanin.local.upstream.scripted import Asked
from tests.contract.ask import Question, Reply
from tests.contract.own.case import Case

EXAMPLE = "order"
RESERVED = ["POST /reservations"] * 2
RELEASED = ["DELETE /reservations/r-tea", "DELETE /reservations/r-cup"]


def _order(*skus: str, card: str = "tok_visa", key: str = "") -> Question:
    body = {"card": card, "lines": [{"sku": sku, "quantity": 1} for sku in skus]}
    headers = {"content-type": "application/json"} | ({"idempotency-key": key} if key else {})
    return Question("/orders", method="POST", headers=headers, body=json.dumps(body).encode())


def _in_order(*lines: str) -> Callable[[Reply, Sequence[Asked]], None]:
    """What was asked, one after another."""

    def look(_: Reply, asked: Sequence[Asked]) -> None:
        assert [each.line for each in asked] == list(lines)

    return look


def _writes(expected: dict[str, str]) -> Callable[[Reply, Sequence[Asked]], None]:
    """What the problem says of each write."""

    def look(reply: Reply, _: Sequence[Asked]) -> None:
        assert reply.body["writes"] == expected

    return look


def _charged_the_sum(_: Reply, asked: Sequence[Asked]) -> None:
    charge = next(each for each in asked if each.line == "bank POST /charges")
    assert charge.json == {"amount": 2500, "currency": "EUR", "card": "tok_visa"}
    keys = [each.headers["idempotency-key"] for each in asked]
    assert len(set(keys)) == len(keys) == 4, "each write has a key of its own, derived of the client's"


CASES = [
    Case(
        "every line is reserved, the sum is charged, the order is confirmed",
        _order("tea", "cup", key="order-17"),
        {
            "id": "o-17",
            "state": "confirmed",
            "charge": "ch-5",
            "lines": [{"sku": "tea", "quantity": 1}, {"sku": "cup", "quantity": 1}],
        },
        status=201,
        asked=[*RESERVED, "bank POST /charges", "POST /orders"],
        check=_charged_the_sum,
    ),
    Case(
        "each write begins when the one before it has ended",
        _order("tea", "cup"),
        status=201,
        check=_in_order(*RESERVED, "bank POST /charges", "POST /orders"),
    ),
    Case(
        "a card that is declined is the client's to know, and what was reserved is released",
        _order("tea", "cup", card="tok_declined"),
        {"status": 402, "detail": "Your card was declined."},
        status=402,
        complete=False,
        asked=[*RESERVED, "bank POST /charges", *RELEASED],
        check=_writes({"reserve": "done", "charge": "refused", "confirm": "not-begun", "release": "done"}),
    ),
    Case(
        "what is sold out is the client's to know; nothing is charged, and what was reserved is released",
        _order("tea", "harp", "cup"),
        {"status": 409, "detail": "harp is sold out"},
        status=409,
        complete=False,
        asked=["POST /reservations", "POST /reservations", "DELETE /reservations/r-tea"],
    ),
    Case(
        "while the charge is in doubt nothing is released, and the problem says so",
        _order("tea", "cup"),
        {"status": 502},
        {"bank POST /charges": Broken()},
        status=502,
        complete=False,
        asked=[*RESERVED, "bank POST /charges"],
        check=_writes({"reserve": "done", "charge": "unknown", "confirm": "not-begun", "release": "not-begun"}),
    ),
    Case(
        "if a reservation cannot be released the others still are, and the problem stays",
        _order("tea", "cup", card="tok_declined"),
        {"status": 402},
        {"DELETE /reservations/r-tea": Gives(status=500)},
        status=402,
        complete=False,
        asked=[*RESERVED, "bank POST /charges", *RELEASED],
    ),
    Case("an order without lines is refused", _order(), {"status": 422}, status=422, complete=None, asked=[]),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_order(case: Case, hold: Callable[[Case], None]) -> None:
    hold(case)
