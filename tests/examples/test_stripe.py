"""A customer's account, and a payment."""

import json
from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl

import pytest

from fanin.local.upstream.script import Gives
from fanin.local.upstream.scripted import Asked
from tests.contract.ask import Question, Reply
from tests.contract.own.case import Case

EXAMPLE = "stripe"
CUSTOMER = {"id": "cus_ada", "email": "ada@engines.example", "balance": -500, "currency": "eur"}
INVOICES = [
    {"id": "in_3", "status": "open", "due": 1999, "paid": 0, "currency": "eur"},
    {"id": "in_2", "status": "paid", "due": 1200, "paid": 1200, "currency": "eur"},
    {"id": "in_1", "status": "paid", "due": 800, "paid": 800, "currency": "eur"},
]
PAID = {"id": "pi_7", "status": "requires_confirmation", "amount": 1999, "currency": "eur"}


def _pay(body: object, key: str = "") -> Question:
    headers = {"content-type": "application/json"} | ({"idempotency-key": key} if key else {})
    return Question("/accounts/cus_ada/payments", method="POST", headers=headers, body=json.dumps(body).encode())


def _is_a_form(reply: Reply, asked: Sequence[Asked]) -> None:
    """A field whose reference may be absent is left out."""
    (payment,) = asked
    assert payment.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qsl(payment.body.decode(), strict_parsing=True) == [
        ("amount", "1999"),
        ("currency", "eur"),
        ("customer", "cus_ada"),
        ("metadata[order]", "o-17"),
    ]
    assert payment.headers["authorization"] == "Bearer sk_test_of_the_example"
    assert payment.headers["stripe-version"] == "2024-06-20"
    assert payment.headers["idempotency-key"]
    assert reply.headers["location"] == "/payments/pi_7"


def _with_a_note(_: Reply, asked: Sequence[Asked]) -> None:
    assert ("description", "two boxes & a bow") in parse_qsl(asked[0].body.decode())


def _says_what_is_wrong(reply: Reply, _: Sequence[Asked]) -> None:
    assert reply.body["input"].keys() == {"/amount", "/currency"}


CASES = [
    Case(
        "an account is the customer with the invoices of all pages",
        "/accounts/cus_ada",
        {"customer": CUSTOMER, "invoices": INVOICES},
        asked=[
            "GET /customers/cus_ada",
            "GET /invoices?customer=cus_ada&limit=100",
            "GET /invoices?customer=cus_ada&limit=100&starting_after=in_2",
        ],
    ),
    Case(
        "a client may ask for invoices of a status",
        "/accounts/cus_ada?status=open",
        {"customer": CUSTOMER, "invoices": INVOICES[:1]},
        asked=["GET /customers/cus_ada", "GET /invoices?customer=cus_ada&status=open&limit=100"],
    ),
    Case(
        "a status that Stripe does not have is refused",
        "/accounts/cus_ada?status=lost",
        status=422,
        complete=None,
        asked=[],
    ),
    Case(
        "without its customer an account is not found",
        "/accounts/cus_nobody",
        {"status": 404},
        {"GET /invoices?customer=cus_nobody&limit=100": Gives({"data": [], "has_more": False})},
        status=404,
        complete=False,
    ),
    Case(
        "a page that fails fails the invoices, and the customer is there",
        "/accounts/cus_ada",
        upstream={"GET /invoices?customer=cus_ada&limit=100&starting_after=in_2": Gives(status=400)},
        complete=False,
        sources={"customer": "fresh", "invoices": "source-rejected"},
    ),
    Case(
        "a payment is a form, under the client's key",
        _pay({"amount": 1999, "currency": "eur", "order": "o-17"}, key="order-17"),
        PAID,
        status=201,
        check=_is_a_form,
    ),
    Case(
        "a note of the client's is the description",
        _pay({"amount": 1999, "currency": "eur", "order": "o-17", "note": "two boxes & a bow"}),
        PAID,
        status=201,
        check=_with_a_note,
    ),
    Case(
        "a declined card is the client's to know, with Stripe's code and words",
        _pay({"amount": 666, "currency": "eur", "order": "o-17"}),
        {"status": 402, "code": "card_declined", "detail": "Your card was declined."},
        status=402,
        complete=False,
    ),
    Case(
        "a body that is wrong reaches nobody",
        _pay({"amount": 5, "currency": "xyz", "order": "o-17"}),
        status=422,
        complete=None,
        asked=[],
        check=_says_what_is_wrong,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_stripe(case: Case, hold: Callable[[Case], None]) -> None:
    hold(case)
