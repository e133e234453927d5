"""A value of the client's that cannot be written where a source has it is the request's fault, and never 502."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.contract.ask import Question, Reply
from tests.contract.own.case import Case
from tests.contract.own.upstream import Asked, Gives

type Hold = Callable[[str, Case], None]

REFUSED = {"type": "https://fanin.example/problems/value-refused", "title": "Value refused", "status": 422}


def posted(path: str, value: Any) -> Question:
    """Ask an endpoint with a value in the body."""
    body = json.dumps({"v": value}).encode()
    return Question(path, method="POST", headers={"content-type": "application/json"}, body=body)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("text", ["a"]),
        ("text", {"a": 1}),
        ("path", ["a"]),
        ("path", ".."),
        ("path", ""),
        ("query", {"a": 1}),
        ("query", [None]),
        ("query", [["a"]]),
        ("query", "x" * 20_000),
        ("separated", ["a,b"]),
        ("header", "a\r\nb: c"),
        ("header", "\u00e9"),
        ("header", ["a"]),
        ("cookie", "a;b"),
        ("form", {"a": 1}),
        ("variables", ["a"]),
        ("anywhere", "https://elsewhere.example/"),
        ("anywhere", 7),
        ("listed", "a"),
        ("listed", ["a", "b", "c"]),
        ("listed", [["a"]]),
        ("listed", [".."]),
        ("joined", ["a"]),
        ("wanted", "a"),
        ("wanted", 7),
        ("measured", 7),
        ("computed", 7),
        ("picked", 7),
    ],
)
def test_it_is_422_without_a_call(place: str, value: Any, hold: Hold) -> None:
    case = Case(
        place,
        posted(f"/{place}", value),
        REFUSED,
        {"GET /gone": Gives(1)},
        status=422,
        complete=place == "picked",
        asked=["GET /gone"] if place == "picked" else [],
        sources=None if place == "picked" else {place: "value-refused"},
    )
    hold("client_values", case)


def test_so_is_a_parameter_that_no_check_before_could_tell(hold: Hold) -> None:
    case = Case("tags", Question("/tags", "tag=a&tag=b"), REFUSED, status=422, complete=False, asked=[])
    hold("client_values", case)


def test_beside_what_is_missing_the_request_is_still_to_blame(hold: Hold) -> None:
    case = Case(
        "beside", posted("/beside", ["a"]), REFUSED, {"GET /gone": Gives(status=404)}, status=422, complete=False
    )
    hold("client_values", case)


def test_beside_an_api_that_failed_it_is_not(hold: Hold) -> None:
    case = Case(
        "failed",
        posted("/beside", ["a"]),
        {"status": 502},
        {"GET /gone": Gives(status=500)},
        status=502,
        complete=False,
    )
    hold("client_values", case)


def test_a_part_of_an_answer_says_so_of_its_source(hold: Hold) -> None:
    def look(reply: Reply, _: Sequence[Asked]) -> None:
        assert reply.body["sources"]["text"]["status"] == 422

    case = Case(
        "part", posted("/beside", ["a"]), upstream={"GET /gone": Gives(1)}, status=422, complete=False, check=look
    )
    hold("client_values", case)


def test_the_clients_address_is_handed_on_as_what_stands_before_fanin_has_written_it(hold: Hold) -> None:
    """API Gateway writes it behind what the client sends: the last entry is its."""

    def look(_: Reply, asked: Sequence[Asked]) -> None:
        assert [each.headers["x-forwarded-for"] for each in asked] == ["198.51.100.7, 192.0.2.1"]

    question = Question("/near", headers={"X-Forwarded-For": "198.51.100.7, 192.0.2.1"})
    hold("client_values", Case("near", question, {"near": 1}, {"GET /near": Gives(1)}, check=look))
