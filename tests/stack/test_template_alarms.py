"""`make check` finds failures that nobody would hear of: each is planted in the template."""

from typing import Final

import pytest

from tests.stack.planted import check

DEFECTS: Final = {
    "an alarm of a metric that nobody writes": (
        *("GatewayErrorsAlarm", "MetricName: Errors", "MetricName: Faults"),
        "GatewayErrorsAlarm: looks at a metric that nobody writes",
    ),
    "an alarm of another function": (
        *("WorkerFailuresAlarm", "!Ref WorkerFunction", "!Ref JobsFunction"),
        "Worker",
    ),
    "an alarm by another dimension": (
        *("TurnsAgeAlarm", "Name: QueueName", "Name: Queue"),
        "TurnsAgeAlarm: looks at a metric that nobody writes",
    ),
    "an alarm that goes off when all is well": (
        *("ApiLatencyAlarm", "GreaterThanThreshold", "LessThanThreshold"),
        "ApiLatencyAlarm: goes off when all is well",
    ),
    "an alarm that can never go off": (
        *("ApiLatencyAlarm", "EvaluationPeriods: 5", "EvaluationPeriods: 2"),
        "ApiLatencyAlarm: can never go off",
    ),
    "an alarm that never says that it is over": (
        *("ApiErrorsAlarm", "      OKActions: *tell", ""),
        "ApiErrorsAlarm: does not say when it is over",
    ),
    "a schedule without an alarm": (
        *("JobsScheduleAlarm", "!Ref JobsMinuteRule", "!Ref MinuteRule"),
        "Jobs",
    ),
    "an alarm that looks once an hour": (
        *("ApiErrorsAlarm", "Period: 60", "Period: 3600"),
        "ApiErrorsAlarm: looks too seldom",
    ),
    "an alarm of the least": (
        *("WorkerFailuresAlarm", "Statistic: Sum", "Statistic: Minimum"),
        "WorkerFailuresAlarm: reads Minimum",
    ),
    "an alarm of the fastest answers": (
        *("ApiLatencyAlarm", "p95", "p5"),
        "ApiLatencyAlarm: reads p5",
    ),
    "an alarm that silence sets off": (
        *("TurnsAgeAlarm", "notBreaching", "breaching"),
        "TurnsAgeAlarm: takes silence for something",
    ),
    "an alarm that only silence ends": (
        *("GatewayErrorsAlarm", "notBreaching", "ignore"),
        "GatewayErrorsAlarm: takes silence for something",
    ),
    "an alarm with a threshold of its own": (
        *("GatewayErrorsAlarm", "!Ref AlarmErrorShare", "5"),
        "GatewayErrorsAlarm: has a threshold that nobody can set",
    ),
    "an alarm that is muted": (
        *("JobsAgeAlarm", "AlarmName:", "ActionsEnabled: false\n      AlarmName:"),
        "JobsAgeAlarm: is switched off by ActionsEnabled",
    ),
    "an alarm that goes with another part": (
        *("TasksAgeAlarm", "Condition: HasAlarms", "Condition: HasAlarmsAndJobs"),
        "TasksAgeAlarm: is there by HasAlarmsAndJobs",
    ),
    "alarms that nobody asked to be off": (
        *("Alarms", 'Default: "on"', 'Default: "off"'),
        "Alarms: are off",
    ),
    "a release that goes on although it fails": (
        *("GatewayFunction", "[!Ref GatewayErrorsAlarm, !Ref GatewayFailuresAlarm]", "[!Ref GatewayErrorsAlarm]"),
        "GatewayFunction: is released although GatewayFailuresAlarm",
    ),
    "a budget of the whole account": (
        *("Budget", "CostFilters: { TagKeyValue: [!Join", "CostTypes: { TagKeyValue: [!Join"),
        "Budget: counts what others cost",
    ),
    "a budget that tells nobody": (
        *("Budget", "NotificationsWithSubscribers:", "Subscribers:"),
        "Budget: tells nobody",
    ),
}
"""By what is wrong: where it is, what stands there first, what takes its place, and how the finding begins."""


@pytest.mark.parametrize(("where", "old", "new", "finding"), DEFECTS.values(), ids=DEFECTS)
def test_a_defect_is_found_by_its_rule(where: str, old: str, new: str, finding: str) -> None:
    check(where, old, new, finding)
