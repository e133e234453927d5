"""Verdicts follow from the figures: other figures, other verdicts, and no verdict without a figure."""

from typing import Any

import pytest

from benchmarks.contrast.claims import CLAIMS, LAMBDA, SERVER, WITHIN, Held, alike, at_most, more, verdicts
from benchmarks.contrast.figures import Probe, figures
from benchmarks.contrast.page import parts
from benchmarks.statistics import Ratio
from tests.benchmarks.planted import raw


def held(claim: int, where: str, what: str = "", **planted: Any) -> Held:
    data = raw(**planted)
    return next(
        one.held
        for one in verdicts(figures(data))
        if (one.claim, one.where) == (claim, where) and one.what.startswith(what)
    )


def test_every_claim_is_judged_on_a_server() -> None:
    judged = [one.claim for one in verdicts(figures(raw())) if one.where == SERVER]
    assert sorted(set(judged)) == list(range(1, len(CLAIMS) + 1))


@pytest.mark.parametrize(
    ("claim", "where", "planted", "expected"),
    [
        (1, SERVER, {}, Held.YES),
        (1, SERVER, {"throughput": {"gunicorn-sync": 900}}, Held.NO),
        (1, LAMBDA, {}, Held.NO),
        (1, LAMBDA, {"durations": {("async", 1): 20.0}}, Held.YES),
        (1, WITHIN, {}, Held.YES),
        (1, WITHIN, {"durations": {("sync", 8): 120.0}}, Held.NO),
        (2, SERVER, {}, Held.YES),
        (2, SERVER, {"throughput": {"async": 400}}, Held.PART),
        (2, SERVER, {"throughput": {"async": 200}}, Held.NO),
        (2, LAMBDA, {}, Held.NO),
        (2, LAMBDA, {"durations": {("async", 1): 50.0}}, Held.PART),
        (2, WITHIN, {}, Held.YES),
        (2, WITHIN, {"durations": {("async", 8): 500.0}}, Held.PART),
        (2, WITHIN, {"durations": {("async", 8): 900.0}}, Held.NO),
        (3, SERVER, {}, Held.YES),
        (3, SERVER, {"throughput": {"threads": 60}}, Held.PART),
        (3, WITHIN, {}, Held.YES),
        (3, WITHIN, {"durations": {("threads", 8): 300.0}}, Held.PART),
        (3, WITHIN, {"durations": {("threads", 8): 800.0}}, Held.NO),
        (4, SERVER, {}, Held.YES),
        (4, SERVER, {"responses": {("uvicorn", Probe.TASK): 501.0}}, Held.NO),
        (4, LAMBDA, {}, Held.NO),
        (4, LAMBDA, {"responses": {("lambda", Probe.TASK): 2.0}}, Held.YES),
        (5, SERVER, {}, Held.YES),
        (5, SERVER, {"queries": {"gunicorn-sync": 240}}, Held.NO),
        (5, LAMBDA, {}, Held.NO),
        (5, LAMBDA, {"of_queries": {("async", 1): 20.0}}, Held.YES),
        (5, WITHIN, {}, Held.YES),
        (5, WITHIN, {"of_queries": {("async", 8): 800.0}}, Held.NO),
        (6, SERVER, {}, Held.PART),
        (6, SERVER, {"throughput": {"django-async": 950}}, Held.YES),
        (6, SERVER, {"throughput": {"django-async": 150}}, Held.NO),
        (6, WITHIN, {"durations": {("django-async", 8): 400.0}}, Held.PART),
        (7, LAMBDA, {}, Held.YES),
        (7, SERVER, {}, Held.PART),
        (7, LAMBDA, {"responses": {("lambda", Probe.TASK): 4.0}}, Held.PART),
        (7, LAMBDA, {"responses": {("lambda", Probe.QUEUED): 450.0}}, Held.NO),
        (8, SERVER, {}, Held.UNKNOWN),
        (8, SERVER, {"throughput": {"one-process": 900, "one-process-django": 400}}, Held.YES),
        (8, SERVER, {"throughput": {"one-process": 500, "one-process-django": 400}}, Held.PART),
    ],
)
def test_a_verdict_flips_with_its_figure(claim: int, where: str, planted: dict[str, Any], expected: Held) -> None:
    assert held(claim, where, **planted) == expected


@pytest.mark.parametrize(
    ("what", "planted", "expected"),
    [
        ("stock, one shared", {}, Held.NO),
        ("stock, one shared", {"stock-shared": 900}, Held.YES),
        ("stock, an AsyncClient a request", {}, Held.NO),
        ("stock, an AsyncClient a request", {"stock-new": 400}, Held.PART),
        ("stock, async def that calls requests", {}, Held.NO),
        ("stock, async def that calls requests", {"stock-blocking": 15}, Held.PART),
    ],
)
def test_stock_clients_are_judged_beside_ours(what: str, planted: dict[str, float], expected: Held) -> None:
    assert held(2, SERVER, what, throughput=planted) == expected


@pytest.mark.parametrize(
    ("what", "planted", "expected"),
    [
        ("fanin's async worker, of fanin's 40", {}, Held.NO),
        ("fanin's async worker, of fanin's 40", {"gunicorn-threads": 100}, Held.PART),
        ("SQLAlchemy async", {}, Held.NO),
        ("SQLAlchemy async", {"stock-sqlalchemy": 900}, Held.YES),
        ("async def that calls psycopg", {}, Held.NO),
        ("async def that calls psycopg", {"stock-blocking": 30}, Held.YES),
    ],
)
def test_what_asks_a_database_is_judged_by_its_answers(what: str, planted: dict[str, float], expected: Held) -> None:
    assert held(5, SERVER, f"long queries: {what}", queries=planted) == expected


def test_without_a_database_nothing_is_said_of_queries_but_why() -> None:
    data = raw() | {"databases": {"missing": "no PostgreSQL: install it"}}
    found = figures(data)
    assert [one.held for one in verdicts(found) if "quer" in one.what] == [Held.UNKNOWN] * 6
    assert "no PostgreSQL: install it" in parts(data, found)["databases"]


def test_answers_of_one_request_at_a_time_have_an_interval_from_three_rounds_on() -> None:
    data = raw()
    data["server"]["closed"] *= 2
    found = next(one.found for one in verdicts(figures(data)) if "of one request at a time" in one.what)
    assert isinstance(found, Ratio)
    assert found.low == found.high == 1


def test_the_goal_is_met_or_missed() -> None:
    assert held(2, WITHIN, "goal") == Held.YES
    assert held(2, WITHIN, "goal", durations={("async", 8): 200.0}) == Held.NO


def test_django_is_judged_on_both_sides_of_one_process() -> None:
    together = {"one-process": 900, "one-process-django": 40}
    assert held(8, SERVER, "FastAPI", throughput=together) == Held.YES
    assert held(8, SERVER, "Django", throughput=together) == Held.NO


def test_a_server_that_answers_nothing_is_beaten_by_all() -> None:
    assert held(2, SERVER, "stock, one shared", throughput={"stock-django": 0}) == Held.YES
    assert held(6, SERVER, throughput={"django-async": 0}) == Held.NO
    assert held(6, SERVER, throughput={"async": 0}) == Held.NO


def test_what_was_not_measured_is_not_judged() -> None:
    data = raw()
    del data["lambda"], data["server"], data["probes"], data["databases"]
    assert {one.held for one in verdicts(figures(data))} == {Held.UNKNOWN}


@pytest.mark.parametrize(
    ("judge", "figures_of"),
    [
        (more, {4.0: Held.YES, 3.9: Held.PART, 1.4: Held.PART, 1.3: Held.NO, 0.1: Held.NO}),
        (alike, {1.3: Held.YES, 0.8: Held.YES, 1.4: Held.PART, 0.3: Held.PART, 4.1: Held.NO, 0.0: Held.NO}),
        (at_most(0.1, 0.9), {0.1: Held.YES, 0.5: Held.PART, 1.0: Held.NO, -0.1: Held.YES}),
    ],
)
def test_a_judge_decides_by_its_limits(judge: Any, figures_of: dict[float, Held]) -> None:
    assert {figure: judge(figure) for figure in figures_of} == figures_of
