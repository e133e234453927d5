"""`fanin cost`: the month's bill by AWS's list prices."""

import io
import logging
import re
import sys
from typing import Any
from uuid import UUID

import pytest

from fanin.cli import monthly_cost
from fanin.cli.monthly_cost import LOGGED_KB, LOGGED_SOURCE_KB, Load, busy, environments, lines
from fanin.engine.outcome import Outcome, Span
from fanin.local.layout import ROOT
from fanin.observability import logs
from fanin.observability.metrics import Metrics
from fanin.observability.served import log_request
from tests.cli.conftest import Run
from tests.unit.test_served import served


def test_a_month_of_one_request_a_second_computed_by_hand() -> None:
    """2,592,000 requests of 105 ms with 1 GB on arm64, two sources, nothing from the cache."""
    bill = lines(Load(1, wait_ms=100, sources=2, memory_mb=1024))
    assert bill == {
        "API Gateway": pytest.approx(2.592),
        "Lambda, requests": pytest.approx(0.5184),
        "Lambda, time": pytest.approx(2_592_000 * 0.105 * 0.0000133334),
        "DynamoDB, reads": pytest.approx(0.324),
        "DynamoDB, writes": pytest.approx(6.48),
        "Logs": pytest.approx(2.592 * 3.0 * 0.50),
        "Traces": pytest.approx(12.96),
        "Answers to the Internet": pytest.approx(12.96 * 0.09),
        "Metrics, alarms, dashboard": pytest.approx(24 * 0.30 + 2.10 + 3.00),
    }


def test_what_comes_from_the_cache_waits_for_nothing_and_is_not_written() -> None:
    none, all_ = lines(Load(10, hit=0)), lines(Load(10, hit=1))
    assert all_["DynamoDB, writes"] == 0
    assert all_["Lambda, time"] == pytest.approx(none["Lambda, time"] * 5 / 105)
    for name in ("API Gateway", "Lambda, requests", "DynamoDB, reads", "Logs", "Traces"):
        assert all_[name] == none[name]


def test_a_vpc_adds_its_gateways_and_what_goes_through_them() -> None:
    """Two for 720 hours, and 5 kB of each request that the cache does not answer: half of 12.96 GB."""
    outside, inside = lines(Load(1, hit=0.5)), lines(Load(1, hit=0.5, nats=2))
    assert inside.pop("NAT gateways") == pytest.approx(2 * 720 * 0.045 + 6.48 * 0.045)
    assert inside == outside


def test_beyond_300_million_requests_api_gateway_takes_less() -> None:
    assert lines(Load(1000))["API Gateway"] == pytest.approx(300 * 1.00 + 2292 * 0.90)


@pytest.mark.parametrize(("rate", "busy", "enough"), [(10, 1.05, 5), (100, 10.5, 22), (1000, 105, 138)])
def test_environments_are_those_of_the_benchmarks(rate: float, busy: float, enough: int) -> None:
    """As docs/contrast.md had them for requests that were billed 105 ms."""
    average, needed = environments(Load(rate))
    assert average == pytest.approx(busy)
    assert needed == enough


def test_hardly_any_requests_still_take_an_environment() -> None:
    assert busy(0.001, 100)[1] == 0
    assert busy(10, 100)[1] == 5


def test_a_distribution_is_counted_or_taken_for_a_normal_one_and_both_say_the_same() -> None:
    """The 99.9th percentile of Poisson distributions; above 10,000 on average by the normal one."""
    assert [busy(rate, 1000)[1] for rate in (80, 800, 10_000)] == [109, 889, 10_310]
    assert busy(10_001, 1000)[1] == pytest.approx(10_312, abs=2)


def test_so_many_environments_that_their_distribution_has_no_first_term() -> None:
    busy, enough = environments(Load(10_000))
    assert busy == pytest.approx(1050)
    assert 1145 <= enough <= 1155


def test_figures_are_those_that_were_recorded() -> None:
    """A record of the benchmarks that is over the figure, or far below it, is a new figure here."""
    billed = re.search(
        r"^\| FastAPI async def \| (\d+) \| 0\.\d+ ", (ROOT / "docs/contrast.md").read_text(), re.MULTILINE
    )
    assert billed
    assert monthly_cost.OWN_MS - 1 <= float(billed[1]) - 100 <= monthly_cost.OWN_MS
    reference = (ROOT / "docs/reference.md").read_text()
    assert "The function and each endpoint have 7 metrics, each source 5" in reference
    assert f"a request of six sources logs {LOGGED_KB + 6 * LOGGED_SOURCE_KB:.0f} kB" in reference
    assert (ROOT / "template.yaml").read_text().count("Type: AWS::CloudWatch::Alarm") == monthly_cost.ALARMS


def test_a_request_logs_as_much_as_is_computed_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Within a tenth: names are of any length."""
    ids = {"request_id": "JKJaXmPLvHcESHA=", "lambda_request_id": str(UUID(int=1)), "trace_id": "0" * 32}
    monkeypatch.setattr(sys, "stdout", written := io.StringIO())
    logs.configure(logging.INFO, str)
    logs.about(**ids, xray_trace_id="1-00000000-000000000000000000000000")
    sizes = []
    for number in (0, 6):
        calls = {f"source{each}": (Outcome[Any](1), Span(0.0, 10.0, 10.1234)) for each in range(number)}
        for tell in (log_request, Metrics("fanin-GatewayFunction-ABCDEFGHIJKL", 1769, written)):
            tell(served(calls))
        lines_, written_ = written.getvalue().count("\n"), len(written.getvalue())
        sizes.append((written_ + 26 * lines_) / 1000)
        written.seek(0)
        written.truncate()
    lambdas_report, access_log = 0.5, 0.4
    others = lambdas_report + access_log + 2 * 26 / 1000
    assert sizes[0] + others == pytest.approx(LOGGED_KB, rel=0.1)
    assert (sizes[1] - sizes[0]) / 6 == pytest.approx(LOGGED_SOURCE_KB, rel=0.1)


def test_the_table_adds_up(run: Run) -> None:
    ran = run("cost", "--rate", "100", "--hit", "0.8")
    assert ran.code == 0
    dollars = [
        float(row[1].replace(",", ""))
        for row in re.findall(r"^(\S.*?) {2,}([\d,.]+) +[\d,.]+$", ran.output, re.MULTILINE)
    ]
    assert len(dollars) == 10
    assert sum(dollars[:-1]) == pytest.approx(dollars[-1], abs=0.05)
    assert "259.2 million requests in 30 days, 25 ms billed on average" in ran.output
    assert "us-east-1" in ran.messages


def test_json_has_the_same(run: Run) -> None:
    said = run("cost", "--rate", "100", "--hit", "0.8", "--json").json
    assert said["dollars"]["total"] == pytest.approx(sum(v for k, v in said["dollars"].items() if k != "total"))
    assert said["billed_ms"] == pytest.approx(25)
    assert said["environments"]["enough"] == environments(Load(100, 0.8))[1]
    assert said["prices"] == {"region": "us-east-1", "as_of": "2025-12"}


def test_the_page_has_what_the_command_says(run: Run) -> None:
    page = (ROOT / "docs/scale.md").read_text()
    shown = page.partition("$ fanin cost --rate 100 --hit 0.8\n")[2].partition("\n```")[0]
    assert [line.rstrip() for line in run("cost", "--rate", "100", "--hit", "0.8").output.splitlines()] == (
        shown.splitlines()
    )
    rows = re.findall(r"^\| ([\d,]+)[^|]* \| ([\d,.]+) \| ([\d,.]+) \| (\d+) / (\d+) \|$", page, re.MULTILINE)
    assert len(rows) == 4
    for rate, *bills, without, with_ in rows:
        loads = [Load(float(rate.replace(",", "")), hit) for hit in (0.0, 0.8)]
        assert [f"{sum(lines(load).values()):,.2f}" for load in loads] == bills
        assert [str(environments(load)[1]) for load in loads] == [without, with_]


@pytest.mark.parametrize(
    "arguments", [(), ("--rate", "0"), ("--rate", "1", "--hit", "1.5"), ("--rate", "1", "--memory", "64")]
)
def test_a_load_that_cannot_be_is_refused(run: Run, arguments: tuple[str, ...]) -> None:
    assert run("cost", *arguments).code == 2
