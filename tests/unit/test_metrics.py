"""fanin.observability.metrics: CloudWatch's embedded metric format."""

import io
import json
import math
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fanin.engine.outcome import Outcome, Span
from fanin.errors import DependencyFailed, SourceTimeout
from fanin.observability import price
from fanin.observability.metrics import Metrics
from fanin.observability.served import Served
from tests.unit.test_served import GOOD, Calls, failed, served

UNITS = ["Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Percent", "Count", "Count/Second", "None"]
DOCUMENT = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": {"type": "integer", "minimum": 1_600_000_000_000, "maximum": 4_000_000_000_000},
                "CloudWatchMetrics": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "required": ["Namespace", "Dimensions", "Metrics"],
                        "additionalProperties": False,
                        "properties": {
                            "Namespace": {"type": "string", "minLength": 1, "maxLength": 1024},
                            "Dimensions": {
                                "type": "array",
                                "minItems": 1,
                                "items": {
                                    "type": "array",
                                    "maxItems": 30,
                                    "items": {"type": "string", "minLength": 1, "maxLength": 250},
                                },
                            },
                            "Metrics": {
                                "type": "array",
                                "maxItems": 100,
                                "items": {
                                    "type": "object",
                                    "required": ["Name"],
                                    "additionalProperties": False,
                                    "properties": {
                                        "Name": {"type": "string", "minLength": 1, "maxLength": 1024},
                                        "Unit": {"enum": UNITS},
                                    },
                                },
                            },
                        },
                    },
                },
            },
        }
    },
}
"""The rules of the format's specification."""


def lines(request: Served, memory_mb: int | None = 1024) -> list[dict[str, Any]]:
    """Write a request's metrics, and hold each line to the format's rules."""
    written = io.StringIO()
    Metrics("fanin-gateway", memory_mb, written, now=lambda: 1_790_000_000.123)(request)
    assert written.getvalue().endswith("\n")
    found = [json.loads(line) for line in written.getvalue().splitlines()]
    for line in found:
        check(line)
    return found


def check(line: dict[str, Any]) -> None:
    """Hold a line to what the schema says, and to what it cannot say: its directives refer to members of the line."""
    Draft202012Validator(DOCUMENT).validate(line)
    for directive in line["_aws"]["CloudWatchMetrics"]:
        for dimension in (name for each in directive["Dimensions"] for name in each):
            assert isinstance(line[dimension], str)
            assert 1 <= len(line[dimension]) <= 1024
        for metric in directive["Metrics"]:
            assert isinstance(line[metric["Name"]], int | float)


def sets(line: dict[str, Any]) -> list[list[str]]:
    """Give the sets of dimensions of a line."""
    return [each for directive in line["_aws"]["CloudWatchMetrics"] for each in directive["Dimensions"]]


CALLS: Calls = {
    "geo": GOOD,
    "weather": failed(SourceTimeout("weather", "too late", attempts=2)),
    "rates": (Outcome[Any](error=DependencyFailed("rates", SourceTimeout("weather", "")), attempts=0), Span(0.0)),
}


def test_a_request_is_counted_for_its_function_and_its_endpoint() -> None:
    """One line, with what waiting took and cost."""
    request, *_ = lines(served(CALLS, seconds=0.31, busy=0.01), memory_mb=512)
    assert sets(request) == [["Function"], ["Function", "Endpoint"]]
    assert (request["Function"], request["Endpoint"]) == ("fanin-gateway", "trip")
    assert request["Latency"] == pytest.approx(310)
    assert (request["Errors"], request["Partial"], request["ColdStarts"], request["Attempts"]) == (0, 1, 0, 3)
    assert request["Waited"] == pytest.approx(0.3)
    assert request["WaitingCost"] == pytest.approx(0.3 * 0.5 * price.GB_SECOND[price.architecture()])
    assert request["_aws"]["Timestamp"] == 1_790_000_000_123


def test_waiting_has_no_price_where_an_instance_is_paid_for() -> None:
    request, *_ = lines(served(CALLS, seconds=0.31, busy=0.01), memory_mb=None)
    assert "WaitingCost" not in request
    assert request["Waited"] == pytest.approx(0.3)


def test_our_5xx_are_errors() -> None:
    """Lambda's own metric counts none of them."""
    assert [lines(served({}, status=status))[0]["Errors"] for status in (200, 404, 499, 500, 502, 504)] == [
        *(0, 0, 0),
        *(1, 1, 1),
    ]


def test_a_request_for_no_endpoint_has_none() -> None:
    """However many paths are tried, there is one metric for all."""
    (request,) = lines(served({}, status=404))
    assert sets(request) == [["Function"]]
    assert "Endpoint" not in request


def test_each_source_is_counted_by_its_name_and_each_failure_by_its_problem() -> None:
    """Names are the file's, problems the reference's: no caller can make a new one."""
    _, geo, weather, rates = lines(served(CALLS))
    assert [line["Source"] for line in (geo, weather, rates)] == ["geo", "weather", "rates"]
    assert (geo["Calls"], geo["Attempts"], geo["Failures"], geo["Latency"]) == (1, 1, 0, pytest.approx(100))
    assert sets(geo) == [["Function", "Source"]]
    assert (weather["Calls"], weather["Attempts"], weather["Failures"]) == (1, 2, 1)
    assert sets(weather) == [["Function", "Source"], ["Function", "Source", "Problem"]]
    assert weather["Problem"] == "source-timeout"
    assert (rates["Calls"], rates["Problem"]) == (0, "dependency-failed")
    assert "Latency" not in rates  # what was not called took no time


def test_a_list_that_lacks_items_is_a_failure_by_their_problem() -> None:
    """Its value counts as an answer to clients, and somebody has to see that items are missing."""
    lacking = Outcome[Any]([1, None], state="partial", partial=SourceTimeout("posts", "late"))
    request, source = lines(served({"posts": (lacking, Span(0.0, 0.0, 1.0))}))
    assert (source["Failures"], source["Problem"]) == (1, "source-timeout")
    assert request["Partial"] == 1


def test_a_value_that_was_kept_is_a_hit_and_one_that_was_computed_or_given_instead_is_none() -> None:
    kept = Outcome[Any]({}, age=9.0, attempts=0, fresh_for=51.0)
    outcomes = {
        "fresh": (kept, 1),
        "stale": (replace(kept, state="stale", fresh_for=0.0), 1),
        "unknown": (replace(kept, fresh_for=None), 1),
        "validated": (replace(kept, attempts=1), 0),
        "computed": (Outcome[Any](1, attempts=0, fresh_for=math.inf), 0),
        "skipped": (Outcome[Any].skipped(), 0),
        "fallback": (replace(kept, state="fallback"), 0),
        "failed": (Outcome[Any](error=SourceTimeout("geo", ""), attempts=0), 0),
    }
    _, *sources = lines(served({name: (outcome, Span(0.0)) for name, (outcome, _) in outcomes.items()}))
    assert {line["Source"]: line["Hits"] for line in sources} == {name: hits for name, (_, hits) in outcomes.items()}
    assert [line["Source"] for line in sources if line["Attempts"]] == ["validated"]


def test_waiting_a_second_a_million_times_costs_what_aws_says() -> None:
    """8.33 dollars with 512 MB on x86_64, 6.67 on arm64."""
    assert price.cost(1e6, 512, "x86_64") == pytest.approx(8.33, abs=0.01)
    assert price.cost(1e6, 512, "arm64") == pytest.approx(6.67, abs=0.01)
