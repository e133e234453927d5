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


def looking_at(alarms: dict[str, Any], namespace: str, datum: dict[str, Any]) -> set[str]:
    """Name the alarms that look at a metric under its dimensions, which the embedded AWS leaves aside."""
    wanted = (namespace, datum["MetricName"], datum["Dimensions"])
    return {
        name.removeprefix("fanin-local-")
        for name, alarm in alarms.items()
        if (alarm["Namespace"], alarm["MetricName"], alarm["Dimensions"]) == wanted
    }


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
    written = lines(deployed, functions["gateway"], "gateway", *(reply.headers["x-request-id"] for reply in replies))
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


def test_a_deployment_that_cannot_start_sets_off_the_alarm_of_failures(
    deployed: Stack, functions: dict[str, Ask], cloudwatch: Any, alarms: dict[str, Any]
) -> None:
    """And nothing else is left of it once the version before is back."""
    aws, name = deployed.deployment.client("lambda"), deployed.deployment.ids["GatewayFunction"]
    good = aws.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    event = json.dumps({"version": "2.0", "rawPath": "/health", "requestContext": {"http": {"method": "GET"}}})
    try:
        bad = {"Variables": {**good, "FANIN_CONFIG": "/var/task/not-there.toml"}}
        aws.update_function_configuration(FunctionName=name, Environment=bad)
        invoked = aws.invoke(FunctionName=name, Payload=event)
        assert "FunctionError" in invoked
        assert functions["gateway"](Question("/health")).status >= 500, "clients see it, too"
        failures = float("FunctionError" in invoked)  # which is what Lambda counts as an error
        alarm = alarms["fanin-local-gateway-failures"]
        assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": name}]
        datum = {"MetricName": alarm["MetricName"], "Dimensions": alarm["Dimensions"], "Value": failures}
        cloudwatch.put_metric_data(Namespace=alarm["Namespace"], MetricData=[datum])
        assert looking_at(alarms, alarm["Namespace"], datum) & in_alarm(cloudwatch) == {"gateway-failures"}
    finally:
        aws.update_function_configuration(FunctionName=name, Environment={"Variables": good})
    assert functions["gateway"](Question("/health")).status == 200


def test_a_queue_that_stalls_sets_off_the_alarm_of_its_age(
    deployed: Stack, cloudwatch: Any, alarms: dict[str, Any]
) -> None:
    """The worker takes nothing: what was sent first grows old."""
    aws, sqs = deployed.deployment.client("lambda"), deployed.deployment.client("sqs")
    url = deployed.deployment.ids["TasksQueue"]
    worker = deployed.deployment.ids["WorkerFunction"]
    mappings = aws.list_event_source_mappings(FunctionName=worker)["EventSourceMappings"]
    (mapping,) = (each for each in mappings if each["EventSourceArn"].endswith(url.rsplit("/", 1)[1]))
    aws.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"a": "task"}))
        asked = sqs.receive_message(QueueUrl=url, AttributeNames=["SentTimestamp"], WaitTimeSeconds=10)
        (message,) = asked["Messages"]
        alarm = alarms["fanin-local-tasks-age"]
        sent = int(message["Attributes"]["SentTimestamp"]) / 1000
        later = time.time() + alarm["Threshold"] + 60  # as if the test waited so long
        datum = {"MetricName": alarm["MetricName"], "Dimensions": alarm["Dimensions"], "Value": later - sent}
        cloudwatch.put_metric_data(Namespace=alarm["Namespace"], MetricData=[datum])
        assert looking_at(alarms, alarm["Namespace"], datum) & in_alarm(cloudwatch) == {"tasks-age"}
    finally:
        sqs.purge_queue(QueueUrl=url)
        aws.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def test_an_optional_source_that_fails_sets_off_the_alarm_of_partial_answers(
    deployed: Stack, upstream: UpstreamClient, functions: dict[str, Ask], cloudwatch: Any, alarms: dict[str, Any]
) -> None:
    """Clients get 200, which no alarm of errors sees. It is last: what was handed over before is looked at, too."""
    upstream.rules({"frankfurter": {"fail": "status", "status": 503}})
    replies = [functions["gateway"](Question("/trip/Lisbon")) for _ in range(_REQUESTS)]
    upstream.reset()
    assert {(reply.status, reply.headers["fanin-complete"]) for reply in replies} == {(200, "?0")}
    ids = [reply.headers["x-request-id"] for reply in replies]
    written = [line for line in lines(deployed, functions["gateway"], "gateway", *ids) if "_aws" in line]
    request = next(line for line in reversed(written) if "Partial" in line)
    of_function = [{"Name": "Function", "Value": request["Function"]}]
    moved = {
        alarm
        for name in request.keys() & {alarm["MetricName"] for alarm in alarms.values()}
        for alarm in looking_at(alarms, "fanin", {"MetricName": name, "Dimensions": of_function})
        if float(request[name]) > alarms[f"fanin-local-{alarm}"]["Threshold"]
    }
    assert moved == {"gateway-partial"}
    for line in written:
        hand_over(cloudwatch, line)
    assert "gateway-partial" in in_alarm(cloudwatch)
