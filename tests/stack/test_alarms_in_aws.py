"""What goes wrong in the deployed stack moves the metric of the right alarm.

The embedded AWS makes no metrics of log lines and queues, as CloudWatch does. So the test hands over what CloudWatch
would: each value of fanin's own lines under each set of their dimensions, and what SQS says of a queue. The alarms, and
the names and dimensions that they look for, are those that were deployed.
"""

import json
import time
from typing import Any

import pytest

from fanin.local.stack.stack import Stack
from fanin.local.upstream.client import UpstreamClient
from tests.contract.ask import Ask, Question
from tests.stack.test_logs import lines

_REQUESTS = 4


@pytest.fixture(scope="module")
def cloudwatch(deployed: Stack) -> Any:
    return deployed.deployment.client("cloudwatch")


@pytest.fixture
def alarms(cloudwatch: Any) -> dict[str, Any]:
    """Give the alarms by their logical names, each as if nothing had happened."""
    found = {alarm["AlarmName"]: alarm for alarm in cloudwatch.describe_alarms(MaxRecords=100)["MetricAlarms"]}
    for name in found:
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="a test begins")
    return found


def in_alarm(cloudwatch: Any) -> set[str]:
    found = cloudwatch.describe_alarms(MaxRecords=100, StateValue="ALARM")["MetricAlarms"]
    return {alarm["AlarmName"].removeprefix("fanin-local-") for alarm in found}


def hand_over(cloudwatch: Any, line: dict[str, Any]) -> None:
    """Make metrics of a line, as CloudWatch does."""
    for directive in line["_aws"]["CloudWatchMetrics"]:
        for dimensions in directive["Dimensions"]:
            data = [
                {
                    "MetricName": metric["Name"],
                    "Dimensions": [{"Name": name, "Value": line[name]} for name in dimensions],
                    "Value": float(line[metric["Name"]]),
                    "Timestamp": time.time(),
                }
                for metric in directive["Metrics"]
            ]
            cloudwatch.put_metric_data(Namespace=directive["Namespace"], MetricData=data)


def test_a_source_that_fails_sets_off_the_alarm_of_5xx(
    deployed: Stack, upstream: UpstreamClient, functions: dict[str, Ask], cloudwatch: Any, alarms: dict[str, Any]
) -> None:
    assert {"fanin-local-gateway-errors", "fanin-local-tasks-dead-letters"} <= alarms.keys()
    upstream.rules({"*": {"fail": "status", "status": 503}})
    replies = [functions["gateway"](Question("/trip/Lisbon")) for _ in range(_REQUESTS)]
    upstream.reset()
    assert {reply.status for reply in replies} <= {502, 503, 504}
    written = lines(deployed, "gateway", replies[0].headers["x-request-id"])
    for line in written:
        if "_aws" in line:
            hand_over(cloudwatch, line)
    assert in_alarm(cloudwatch) == {"gateway-errors"}


def test_a_message_that_failed_too_often_is_counted_by_what_its_queues_alarm_looks_at(
    deployed: Stack, cloudwatch: Any, alarms: dict[str, Any]
) -> None:
    sqs, url = deployed.deployment.client("sqs"), deployed.deployment.ids["TasksDeadLetterQueue"]
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"a": "letter"}))
    try:
        waiting = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        alarm = alarms["fanin-local-tasks-dead-letters"]
        (dimension,) = alarm["Dimensions"]
        assert dimension["Value"] == url.rsplit("/", 1)[1]
        dead = int(waiting["ApproximateNumberOfMessages"])  # the attribute of the metric, as SQS names it
        datum = {"MetricName": alarm["MetricName"], "Dimensions": [dimension], "Value": float(dead)}
        cloudwatch.put_metric_data(Namespace=alarm["Namespace"], MetricData=[datum])
        assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
        assert "tasks-dead-letters" in in_alarm(cloudwatch)
    finally:
        sqs.purge_queue(QueueUrl=url)


def test_there_is_a_dashboard_and_every_alarm_tells_the_topic(
    deployed: Stack, cloudwatch: Any, alarms: dict[str, Any]
) -> None:
    (name,) = [each["DashboardName"] for each in cloudwatch.list_dashboards()["DashboardEntries"]]
    body = json.loads(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"])
    assert deployed.deployment.ids["GatewayFunction"] in json.dumps(body)
    topic = deployed.deployment.ids["OwnAlarmTopic"]
    assert {action for alarm in alarms.values() for action in alarm["AlarmActions"]} == {topic}
