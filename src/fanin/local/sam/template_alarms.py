"""Whether somebody is told of what fails: alarms that can go off, in time, about everything that has to be seen."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from fanin.local.sam.built import of_type
from fanin.local.sam.template_reading import Mistakes, Template, names_in

_FUNCTION: Final = "AWS::Serverless::Function"
_QUEUE: Final = "AWS::SQS::Queue"
_RULE: Final = "AWS::Events::Rule"
_API: Final = "AWS::ApiGatewayV2::Api"
_ALARM: Final = "AWS::CloudWatch::Alarm"
_WAITING: Final = "ApproximateAgeOfOldestMessage"
_HELD: Final = "ApproximateNumberOfMessagesVisible"

WATCHED: Final[Mapping[tuple[str, str], tuple[str, str, str]]] = {
    ("fanin", "Errors"): ("Function", _FUNCTION, "Average"),
    ("fanin", "Partial"): ("Function", _FUNCTION, "Average"),
    ("AWS/Lambda", "Errors"): ("FunctionName", _FUNCTION, "Sum"),
    ("AWS/Lambda", "Throttles"): ("FunctionName", _FUNCTION, "Sum"),
    ("AWS/ApiGateway", "5xx"): ("ApiId", _API, "Sum"),
    ("AWS/ApiGateway", "Latency"): ("ApiId", _API, "p95"),
    ("AWS/ApiGateway", "ExecutionError"): ("ApiId", _API, "Sum"),
    ("AWS/Events", "FailedInvocations"): ("RuleName", _RULE, "Sum"),
    ("AWS/SQS", _HELD): ("QueueName", _QUEUE, "Maximum"),
    ("AWS/SQS", _WAITING): ("QueueName", _QUEUE, "Maximum"),
}
"""By namespace and name, a metric's dimension, the resources that have it, and what is read of it."""
_MINUTE: Final = 60


def alarms_see_what_fails(template: Template) -> Mistakes:
    """Each function has alarms for crashes and throttles, each queue and schedule its own."""
    kinds = {name: resource["Type"] for name, resource in template["Resources"].items()}
    seen: set[tuple[str, str]] = set()
    for name, alarm in of_type(_ALARM, template).items():
        dimension, kind, _ = WATCHED.get(_metric(alarm), ("", "", ""))
        told = [(each["Name"], names_in(each["Value"])) for each in alarm["Dimensions"]]
        resource = min(told[0][1], default="")
        if [each[0] for each in told] != [dimension] or kinds.get(resource) != kind:
            yield name, "looks at a metric that nobody writes: see Namespace, MetricName and Dimensions"
        seen.add((resource, alarm["MetricName"]))
        if (condition := template["Resources"][name].get("Condition")) != _condition_of(resource, template):
            yield name, f"is there by {condition}: it has to be where Alarms is on, and what it looks at is there"
    for name, wanted in _to_be_seen(template):
        if (name, wanted) not in seen:
            yield name, f"has no alarm of {wanted}: add one, and its section in docs/runbook.md"


def alarms_go_off(template: Template) -> Mistakes:
    """An alarm goes off within minutes if something fails, and does not if nothing happens."""
    for name, alarm in of_type(_ALARM, template).items():
        wanted = WATCHED.get(_metric(alarm), ("", "", ""))[2]
        if wanted and wanted not in (read := (alarm.get("Statistic"), alarm.get("ExtendedStatistic"))):
            yield name, f"reads {read[0] or read[1]}: set its statistic to {wanted}"
        if alarm.get("ComparisonOperator") != "GreaterThanThreshold":
            yield name, "goes off when all is well: set ComparisonOperator to GreaterThanThreshold"
        if alarm.get("Threshold") != 0 and not names_in(alarm.get("Threshold")):
            yield name, "has a threshold that nobody can set: write 0, or name a parameter"
        if alarm.get("TreatMissingData") != "notBreaching":
            yield name, "takes silence for something: set TreatMissingData to notBreaching"
        if alarm.get("Period") != _MINUTE:
            yield name, f"looks too seldom: set Period to {_MINUTE}"
        if alarm.get("DatapointsToAlarm", 0) > alarm.get("EvaluationPeriods", 0):
            yield name, "can never go off: DatapointsToAlarm are at most EvaluationPeriods"


def alarms_are_heard(template: Template) -> Mistakes:
    """An alarm tells somebody when it begins and when it is over, unless a deployment wants no alarms."""
    for name, alarm in of_type(_ALARM, template).items():
        if not alarm.get("AlarmActions"):
            yield name, "tells nobody: add AlarmActions"
        if not alarm.get("OKActions"):
            yield name, "does not say when it is over: add OKActions"
    if template["Parameters"].get("Alarms", {}).get("Default", "on") != "on":
        yield "Alarms", "are off where nobody asked for it: their default is 'on'"


def alarms_stop_a_release(template: Template) -> Mistakes:
    """A release is moved back by each alarm of errors of its function."""
    for name, function in of_type(_FUNCTION, template).items():
        wanted = {
            alarm_name
            for alarm_name, alarm in of_type(_ALARM, template).items()
            if alarm["MetricName"] == "Errors" and name in names_in(alarm["Dimensions"])
        }
        heeded = names_in(function.get("DeploymentPreference", {}).get("Alarms"))
        if "DeploymentPreference" in function and (deaf := sorted(wanted - heeded)):
            yield name, f"is released although {deaf[0]} goes off: add it to the Alarms of DeploymentPreference"


def budgets_count_this_stack(template: Template) -> Mistakes:
    """A budget counts what this stack costs, and tells somebody."""
    for name, properties in of_type("AWS::Budgets::Budget", template).items():
        if "AWS::StackName" not in str(properties["Budget"].get("CostFilters")):
            yield name, "counts what others cost, too: add CostFilters with the stack's tag"
        if not properties.get("NotificationsWithSubscribers"):
            yield name, "tells nobody: add NotificationsWithSubscribers"


def _metric(alarm: Mapping[str, Any]) -> tuple[str, str]:
    return str(alarm.get("Namespace")), str(alarm.get("MetricName"))


def _condition_of(resource: str, template: Template) -> str:
    """Name the condition of an alarm, by what it looks at: a queue stays when its part is switched off."""
    readers = (
        names_in(mapping["FunctionName"])
        for mapping in of_type("AWS::Lambda::EventSourceMapping", template).values()
        if resource in _with_letters(names_in(mapping["EventSourceArn"]), template)
    )
    of = {resource, *(name for names in readers for name in names)}
    switches = {template["Resources"].get(name, {}).get("Condition") for name in of} - {None}
    return "HasAlarms" + "".join(sorted(f"And{switch.removeprefix('Has')}" for switch in switches))


def _with_letters(queues: set[str], template: Template) -> set[str]:
    """Give queues with those that have their dead letters."""
    return queues.union(*(names_in(template["Resources"][name]["Properties"].get("RedrivePolicy")) for name in queues))


def _to_be_seen(template: Template) -> Iterator[tuple[str, str]]:
    """Give what has to have an alarm, and by which metric."""
    for name in of_type(_FUNCTION, template):
        if template["Resources"][name].get("Condition") != "HasContrast":
            yield name, "Errors"
            yield name, "Throttles"
    for name in of_type(_RULE, template):
        yield name, "FailedInvocations"
    for name, queue in of_type(_QUEUE, template).items():
        yield name, _WAITING if "RedrivePolicy" in queue else _HELD


RULES: Final[tuple[Callable[[Template], Mistakes], ...]] = (
    alarms_see_what_fails,
    alarms_go_off,
    alarms_are_heard,
    alarms_stop_a_release,
    budgets_count_this_stack,
)
