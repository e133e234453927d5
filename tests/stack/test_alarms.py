"""What can go wrong has an alarm, and each alarm a section in the runbook."""

import json
import re
from typing import Any, Final

import pytest

from fanin.engine.outcome import Outcome, Span
from fanin.errors import SourceTimeout
from fanin.local.layout import ROOT
from fanin.observability.metrics import NAMESPACE
from tests.stack.expanded import Expanded, expanded
from tests.unit.test_metrics import lines
from tests.unit.test_served import failed, served

ALARM: Final = "AWS::CloudWatch::Alarm"
CALLS = {"geo": (Outcome[Any](1), Span(0.0, 10.0, 10.1)), "rates": failed(SourceTimeout("rates", ""))}


@pytest.fixture(scope="module")
def template() -> Expanded:
    return expanded()


@pytest.fixture(scope="module")
def alarms(template: Expanded) -> dict[str, dict[str, Any]]:
    return template.of_type(ALARM)


def _watched(alarms: dict[str, dict[str, Any]], metric: str) -> set[str]:
    """Name the resources of which alarms watch a metric, `namespace metric`."""
    return {
        next(iter(dimension["Value"].values()))[0] if "Fn::GetAtt" in dimension["Value"] else dimension["Value"]["Ref"]
        for alarm in alarms.values()
        for dimension in alarm["Dimensions"]
        if f"{alarm['Namespace']} {alarm['MetricName']}" == metric
    }


def test_every_queue_has_an_alarm_for_its_age_or_for_what_it_holds(
    template: Expanded, alarms: dict[str, dict[str, Any]]
) -> None:
    queues = template.of_type("AWS::SQS::Queue")
    redriven = {name for name, queue in queues.items() if "RedrivePolicy" in queue}
    assert _watched(alarms, "AWS/SQS ApproximateAgeOfOldestMessage") == redriven
    assert _watched(alarms, "AWS/SQS ApproximateNumberOfMessagesVisible") == queues.keys() - redriven


def test_every_function_but_those_for_contrast_has_alarms_for_crashes_and_throttles(
    template: Expanded, alarms: dict[str, dict[str, Any]]
) -> None:
    functions = template.with_parameters(Contrast="off").of_type("AWS::Lambda::Function").keys()
    assert _watched(alarms, "AWS/Lambda Errors") == functions
    assert _watched(alarms, "AWS/Lambda Throttles") == functions


def test_every_schedule_and_every_api_has_an_alarm(template: Expanded, alarms: dict[str, dict[str, Any]]) -> None:
    assert _watched(alarms, "AWS/Events FailedInvocations") == template.of_type("AWS::Events::Rule").keys()
    apis = template.of_type("AWS::ApiGatewayV2::Api")
    by_metric = {
        "HTTP": (_watched(alarms, "AWS/ApiGateway 5xx") & _watched(alarms, "AWS/ApiGateway Latency")),
        "WEBSOCKET": _watched(alarms, "AWS/ApiGateway ExecutionError"),
    }
    assert {name for names in by_metric.values() for name in names} == apis.keys()
    for name, api in apis.items():
        assert name in by_metric[api["ProtocolType"]]


def test_an_alarm_tells_the_topic_when_it_begins_and_when_it_ends(
    template: Expanded, alarms: dict[str, dict[str, Any]]
) -> None:
    for topic, told in (("own", "${OwnAlarmTopic}"), ("arn:aws:sns:eu-west-1:1:ours", "arn:aws:sns:eu-west-1:1:ours")):
        stack = template.with_parameters(AlarmTopic=topic)
        for alarm in alarms.values():
            for actions in ("AlarmActions", "OKActions"):
                assert [stack.text(action) for action in stack.chosen(alarm[actions])] == [told]
        assert ("OwnAlarmTopic" in stack.resources) == (topic == "own")


def test_somebody_is_told_by_email_if_an_address_is_given(template: Expanded) -> None:
    assert template.of_type("AWS::SNS::Subscription") == {}
    stack = template.with_parameters(AlarmEmail="ops@example.com")
    (subscription,) = stack.of_type("AWS::SNS::Subscription").values()
    assert stack.text(subscription["Endpoint"]) == "ops@example.com"
    off = template.with_parameters(AlarmEmail="ops@example.com", Alarms="off")
    assert off.of_type("AWS::SNS::Subscription") == {}


def test_silence_is_no_alarm_and_one_minute_is_none_but_of_dead_letters(alarms: dict[str, dict[str, Any]]) -> None:
    for name, alarm in alarms.items():
        assert alarm["TreatMissingData"] == "notBreaching", name
        assert (alarm["DatapointsToAlarm"] == 1) == name.endswith("DeadLettersAlarm"), name


def test_each_alarm_has_its_section_in_the_runbook_and_no_section_is_without_one(
    template: Expanded, alarms: dict[str, dict[str, Any]]
) -> None:
    """By the name under which somebody finds it in an email, without the stack's."""
    text = (ROOT / "docs/runbook.md").read_text()
    headings = re.findall(r"^### `([a-z-]+)`$", text, re.MULTILINE)
    names = [template.text(alarm["AlarmName"]).removeprefix("${AWS::StackName}-") for alarm in alarms.values()]
    assert len(set(names)) == len(names)
    assert sorted(headings) == sorted(names)
    for name in names:
        section = text.partition(f"### `{name}`\n")[2].partition("\n### ")[0].partition("\n## ")[0]
        assert [word for word in ("**Means**", "**Look**", "**Do**") if word not in section] == [], name


def test_the_dashboard_and_the_alarms_read_metrics_that_fanin_writes_under_dimensions_that_it_writes(
    template: Expanded, alarms: dict[str, dict[str, Any]]
) -> None:
    written = {
        (tuple(sorted(dimensions)), metric["Name"])
        for line in lines(served(CALLS))
        for directive in line["_aws"]["CloudWatchMetrics"]
        for dimensions in directive["Dimensions"]
        for metric in directive["Metrics"]
    }
    (dashboard,) = template.of_type("AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(template.text(dashboard["DashboardBody"]))["widgets"]
    read = set()
    for row in (row for widget in widgets for row in widget["properties"]["metrics"]):
        if isinstance(row[0], dict):
            found = re.match(r"SEARCH\('\{(\w+),([\w,]+)\} MetricName=\"(\w+)\"", row[0]["expression"])
            assert found
            assert found[1] == NAMESPACE
            read.add((tuple(sorted(found[2].split(","))), found[3]))
        elif row[0] == NAMESPACE:
            read.add((tuple(name for name in row[2:] if name == "Function"), row[1]))
    read |= {
        (tuple(each["Name"] for each in alarm["Dimensions"]), alarm["MetricName"])
        for alarm in alarms.values()
        if alarm["Namespace"] == NAMESPACE
    }
    assert read <= written
    shown = {metric for _, metric in read}
    assert shown >= {"Latency", "Errors", "Partial", "Calls", "Failures", "Hits", "Waited", "WaitingCost", "ColdStarts"}
    places = [(widget["x"], widget["y"]) for widget in widgets]
    assert len(set(places)) == len(places)


def test_a_dashboard_names_only_what_is_there(template: Expanded) -> None:
    for off in ({"Jobs": "off"}, {"WebSocket": "off"}):
        assert template.with_parameters(**off).dangling() == set()
