"""Writes in each execution model: their order, what stops them, what clients are told, and their keys."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.contract.ask import Question, Reply
from tests.contract.own.case import Case
from tests.contract.own.conftest import Served
from tests.contract.own.upstream import Asked, Broken, Gives, Upstreams

LINES = {"lines": [{"sku": "a"}, {"sku": "b"}, {"sku": "a"}]}
SCRIPT: dict[str, Any] = {
    "POST /reservations": [Gives({"id": 1, "amount": 2}), Gives({"id": 2, "amount": 3}), Gives({"id": 3, "amount": 2})],
    "other POST /charges": Gives({"id": "c"}),
    "PUT /orders/c": Gives({"order": 9}),
    "GET /stock": Gives({"left": 1}),
    "DELETE /reservations/1": Gives(status=204),
}
RESERVED = ["POST /reservations"] * 3


def order(path: str = "/orders", **headers: str) -> Question:
    """Order three lines, two of which are the same."""
    sent = {"content-type": "application/json", **headers}
    return Question(path, method="POST", headers=sent, body=json.dumps(LINES).encode())


def _in_order(_: Reply, asked: Sequence[Asked]) -> None:
    assert [each.json["sku"] for each in asked if each.line == "POST /reservations"] == ["a", "b", "a"]
    assert [each.json for each in asked if each.line == "other POST /charges"] == [{"amount": 7}]


def _told(**writes: str) -> Callable[[Reply, Sequence[Asked]], None]:
    def check(reply: Reply, _: Sequence[Asked]) -> None:
        assert reply.body["writes"] == writes

    return check


CASES = [
    Case(
        "every write is made once, in the order of the plan and of its items, equal ones too",
        order(),
        {"confirm": {"order": 9}, "release": None},
        SCRIPT,
        asked=["GET /stock", *RESERVED, "other POST /charges", "PUT /orders/c"],
        check=_in_order,
    ),
    Case(
        "a write of which nothing is known is told as unknown, and those behind it as not begun",
        order(),
        upstream=SCRIPT | {"other POST /charges": Broken()},
        status=502,
        complete=False,
        asked=["GET /stock", *RESERVED, "other POST /charges", "DELETE /reservations/1"],
        check=_told(reserve="done", charge="unknown", confirm="not-begun", release="done"),
    ),
    Case(
        "a write that its source refused has done nothing",
        order(),
        upstream=SCRIPT | {"other POST /charges": Gives(status=402)},
        status=502,
        complete=False,
        asked=["GET /stock", *RESERVED, "other POST /charges", "DELETE /reservations/1"],
        check=_told(reserve="done", charge="refused", confirm="not-begun", release="done"),
    ),
    Case(
        "the first item that fails ends the list",
        order(),
        upstream=SCRIPT | {"POST /reservations": [Gives({"id": 1, "amount": 2}), Gives(status=500)]},
        status=502,
        complete=False,
        asked=["GET /stock", "POST /reservations", "POST /reservations"],
        check=_told(reserve="unknown", charge="not-begun", confirm="not-begun", release="not-begun"),
    ),
    Case(
        "no write begins once what the answer needs has failed, but those that read errors",
        Question("/guarded"),
        upstream={"GET /stock": Gives(status=500), "GET /second": Gives(1), "POST /repair": Gives(2)},
        status=502,
        complete=False,
        sources={
            "stock": "source-unavailable",
            "second": "fresh",
            "late": "dependency-failed",
            "repair": "fresh",
        },
        asked=["GET /stock", "GET /second", "POST /repair"],
        check=_told(late="not-begun", repair="done"),
    ),
    Case(
        "a source that failed and that the answer does not need stops no write",
        Question("/unguarded"),
        upstream={"GET /stock": Gives(status=500), "GET /second": Gives(1), "POST /late": Gives(3)},
        complete=False,
        asked=["GET /stock", "GET /second", "POST /late"],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Callable[[str, Case], None]) -> None:
    """Each case is a rule, and every execution model keeps it."""
    hold("writes", case)


def _keys(asked: Sequence[Asked], line: str = "POST /reservations") -> list[str]:
    return [each.headers.get("idempotency-key", "") for each in asked if each.line == line]


def test_a_client_that_repeats_its_key_repeats_those_of_the_sources(served: Served, upstreams: Upstreams) -> None:
    """Equal items have keys of their own, and so has another request, or one with another key."""
    found: list[list[str]] = []
    for ask in served("writes").values():
        for key in ('"k1"', "k1", '"k2"'):
            upstreams.play(SCRIPT)
            assert ask(order(**{"idempotency-key": key})).status == 200
            found.append(_keys(upstreams.asked) + _keys(upstreams.asked, "other POST /charges"))
            assert _keys(upstreams.asked, "PUT /orders/c") == [""]
    first, again, other = found[:3]
    assert first == again
    assert len(set(first)) == 4
    assert not set(first) & set(other)
    assert found == [first, again, other] * (len(found) // 3)


def test_without_a_key_of_the_clients_each_write_has_one_too(served: Served, upstreams: Upstreams) -> None:
    """An API that refuses writes without a key works in every execution model; no two requests share one."""
    found: list[str] = []
    for ask in served("writes").values():
        upstreams.play(SCRIPT)
        assert ask(order()).status == 200
        found += _keys(upstreams.asked) + _keys(upstreams.asked, "other POST /charges")
        assert _keys(upstreams.asked, "PUT /orders/c") == [""]
    assert all(found)
    assert len(set(found)) == len(found)


def test_a_key_that_cannot_be_read_is_refused_before_any_call(served: Served, upstreams: Upstreams) -> None:
    """A key that is not the client's own would stand for the work of others."""
    for ask in served("writes").values():
        upstreams.play(SCRIPT)
        reply = ask(order(**{"idempotency-key": "x" * 300}))
        assert (reply.status, reply.body["type"].rpartition("/")[2]) == (400, "bad-idempotency-key")
        assert upstreams.asked == []
