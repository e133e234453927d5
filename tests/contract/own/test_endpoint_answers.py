"""Sources that clients select, headers of answers, and answers that are passed through."""

from collections.abc import Callable, Sequence

import pytest

from tests.contract.ask import Question, Reply
from tests.contract.own.case import Case
from tests.contract.own.upstream import Asked, Broken, Gives

GEO = {"lat": 1, "name": "Lisboa"}
TRIP = {
    "GET /geo/x": Gives(GEO),
    "GET /weather/1": Gives({"t": 20}),
    "GET /news": Gives({"title": "Olá"}),
}
PDF = b"%PDF-1.7\x00\xff\xfe binary"
_PLACE = {"x-place": "Lisboa", "x-city": "city x", "x-static": "yes"}


def has(**headers: str | None) -> Callable[[Reply, Sequence[Asked]], None]:
    """Say what headers an answer has; None for none."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def check(reply: Reply, _: Sequence[Asked]) -> None:
        assert {name: reply.headers.get(name) for name in named} == named

    return check


def passed(rule: str, given: Gives, content: bytes, status: int = 200, **headers: str | None) -> Case:
    """Pass an answer through."""

    def check(reply: Reply, asked: Sequence[Asked]) -> None:
        assert reply.content == content
        has(**headers)(reply, asked)

    return Case(rule, "/report/7", upstream={"GET /report/7": given}, status=status, check=check)


CASES = [
    Case(
        "without a selection all sources are asked",
        "/trip/x",
        {"geo": GEO, "weather": {"t": 20}, "news": {"title": "Olá"}},
        TRIP,
        sources={"geo": "fresh", "weather": "fresh", "news": "fresh"},
        check=has(x_place="Lisboa", x_city="city x", x_static="yes", x_news=None),
    ),
    Case(
        "what is not selected is skipped, and the answer is complete",
        "/trip/x?only=geo",
        {"geo": GEO, "weather": None, "news": None},
        TRIP,
        sources={"geo": "fresh", "weather": "skipped", "news": "skipped"},
        asked=["GET /geo/x"],
    ),
    Case(
        "what a selected source needs runs too",
        "/trip/x?only=weather,news",
        {"geo": GEO, "weather": {"t": 20}, "news": {"title": "Olá"}},
        TRIP,
        asked=["GET /geo/x", "GET /weather/1", "GET /news"],
    ),
    Case(
        "a required source that is not selected is not missed, and its header is left out",
        "/trip/x?only=news",
        {"geo": None, "weather": None, "news": {"title": "Olá"}},
        TRIP,
        asked=["GET /news"],
        check=has(x_place=None, x_static="yes"),
    ),
    Case(
        "an empty selection is none",
        "/trip/x?only=",
        upstream=TRIP,
        asked=["GET /geo/x", "GET /weather/1", "GET /news"],
    ),
    Case(
        "a name that is no source of the endpoint is refused",
        "/trip/x?only=geo,report",
        {"parameters": {"only": "item 2: input should be one of 'geo', 'weather', 'news'"}},
        TRIP,
        status=422,
        complete=None,
        asked=[],
    ),
    Case(
        "a header may say where what was made is",
        Question("/orders", method="POST", headers={"content-type": "application/json"}, body=b'{"item": 1}'),
        {"order": {"id": 7}},
        {"POST /orders": Gives({"id": 7})},
        status=201,
        check=has(location="/orders/7"),
    ),
    Case(
        "a problem has none of the headers",
        Question("/orders", method="POST", headers={"content-type": "application/json"}, body=b'{"item": 1}'),
        upstream={"POST /orders": Broken()},
        status=502,
        complete=False,
        check=has(location=None),
    ),
    passed(
        "bytes go through as they are, with their type and the headers that are named",
        Gives(PDF, headers={"Content-Type": "application/pdf", "Content-Disposition": "attachment", "X-Other": "no"}),
        PDF,
        content_type="application/pdf",
        content_disposition="attachment",
        x_other=None,
        x_report="7",
        cache_control="no-store",
        x_content_type_options="nosniff",
        last_modified=None,
    ),
    passed("so does the status", Gives(b"part", status=203, headers={"Content-Type": "text/plain"}), b"part", 203),
    passed("text stays text", Gives("é".encode(), headers={"Content-Type": "text/plain"}), "é".encode()),
    Case(
        "no content goes through as none",
        "/report/7",
        upstream={"GET /report/7": Gives(status=204)},
        status=204,
        check=has(content_type=None),
    ),
    Case(
        "a source that fails is a problem",
        "/report/7",
        {"title": "Not found"},
        {"GET /report/7": Gives(b"gone", status=404)},
        status=404,
        complete=False,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_case(case: Case, hold: Callable[[str, Case], None]) -> None:
    hold("endpoint_answers", case)
