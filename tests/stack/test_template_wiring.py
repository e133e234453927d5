"""`make check` finds parts of the template that do not fit each other: each defect is planted here, in its text."""

from typing import Final

import pytest

from fanin.local.layout import TEMPLATE
from fanin.local.sam.template_rules import mistakes

DEFECTS: Final = {
    "an API that may not invoke its function": (
        *("GatewayPermission", "FunctionName: *gateway", "FunctionName: !Ref WorkerFunction"),
        "GatewayIntegration: may not invoke",
    ),
    "a schedule that may not invoke its function": (
        *("WorkerMinutePermission", "!Ref WorkerFunction", "!Ref GatewayFunction"),
        "MinuteRule: may not invoke",
    ),
    "a schedule whose events queue up": (
        *("JobsMinutes", "MaximumRetryAttempts: 0", "MaximumRetryAttempts: 2"),
        "JobsMinuteRule: is tried again",
    ),
    "a route that wants no token": (
        *("HandInRoute", "!If [HasJwt, JWT, NONE]", "NONE"),
        "HandInRoute: passes by JwtIssuer",
    ),
    "a function URL that everybody may ask": (
        *("StreamUrl", "AuthType: !Ref StreamingAuth", "AuthType: NONE"),
        "StreamUrl: is open to everybody",
    ),
    "a permission for everybody, whatever the parameters": (
        *("StreamUrlPermission", "Condition: IsOpenToStreams", "Condition: HasStreaming"),
        "StreamUrlPermission: lets everybody invoke",
    ),
    "a stream that is open by default": (
        *("StreamingAuth", "Default: AWS_IAM", "Default: NONE"),
        "StreamingAuth: is open where nobody",
    ),
    "a console that is open by default": (
        *("Console", 'Default: "off"', 'Default: "on"'),
        "Console: is open where nobody",
    ),
    "private addresses that are allowed by default": (
        *("Allow", 'Default: ""', 'Default: "10.0.0.0/8:*"'),
        "Allow: is open where nobody",
    ),
    "a domain with old TLS": ("ApiDomain", "TLS_1_2", "TLS_1_0", "ApiDomain: takes old TLS"),
    "a variable that names another table": (
        *("JobsFunction", "FANIN_JOBS: !Ref JobsTable", "FANIN_JOBS: !Ref CacheTable"),
        "JobsFunction: has another thing in FANIN_JOBS",
    ),
    "a variable without a resource": (
        *("LiveFunction", "FANIN_TURNS: !Ref TurnsQueue", "FANIN_TURNS: turns"),
        "LiveFunction: has another thing in FANIN_TURNS",
    ),
    "a function without a right to what it names": (
        *("JobsRole", "!GetAtt JobsDeadLetterQueue.Arn", "!GetAtt JobsQueue.Arn"),
        "JobsFunction: has no right to JobsDeadLetterQueue",
    ),
    "a function that cannot write its log": (
        *("WorkerRole", "!GetAtt WorkerLogs.Arn", "!GetAtt GatewayLogs.Arn"),
        "WorkerFunction: cannot write its log WorkerLogs",
    ),
    "a function that logs to another's group": (
        *("LiveFunction", "LogGroup: !Ref LiveLogs", "LogGroup: !Ref JobsLogs"),
        "LiveFunction: cannot write its log JobsLogs",
    ),
    "a function with the role of another": (
        *("LiveFunction", "!GetAtt LiveRole.Arn", "!GetAtt WorkerRole.Arn"),
        "LiveFunction: ",
    ),
    "a function without fanin": (
        *("DjangoFunction", "        - !Ref FaninLayer\n", ""),
        "DjangoFunction: has no fanin",
    ),
    "a right in one partition only": (
        *("LiveRole", "arn:${AWS::Partition}:execute-api", "arn:aws:execute-api"),
        "LiveRole: names a partition",
    ),
    "a key that opens everything": ("GatewayRole", "kms:ViaService", "kms:CallerAccount", ""),
    "rows that never end": (
        *("ConnectionsTable", "AttributeName: expires", "AttributeName: expiry"),
        "ConnectionsTable: grows for ever",
    ),
    "a table with a name": (
        *("KeysTable", "      BillingMode:", "      TableName: keys\n      BillingMode:"),
        "KeysTable: has a name",
    ),
    "a bucket that fills up": (
        *("JobsBucket", "LifecycleConfiguration", "Metadata"),
        "JobsBucket: grows for ever",
    ),
    "messages that are set aside at the first failure": (
        *("JobsQueue", "maxReceiveCount: 10", "maxReceiveCount: 1"),
        "JobsQueue: sets messages aside",
    ),
    "an API that gives up before its function": (
        *("GatewayIntegration", "TimeoutInMillis: 30000", "TimeoutInMillis: 3000"),
        "GatewayIntegration: waits for another time",
    ),
    "settings of a route that may not be there yet": (
        *("Stage", "    DependsOn: HandInRoute", "    #"),
        "Stage: has settings of POST /jobs",
    ),
    "metrics that are not logged": (
        *("Function", "ApplicationLogLevel: INFO", "ApplicationLogLevel: WARN"),
        "Globals: loses metrics",
    ),
    "functions outside of the VPC": (
        *("Function", "VpcConfig", "FileSystemConfigs"),
        "Globals: functions are outside",
    ),
    "an alarm of a metric that nobody writes": (
        *("GatewayErrorsAlarm", "MetricName: Errors", "MetricName: Faults"),
        "GatewayErrorsAlarm: looks at a metric that nobody writes",
    ),
    "an alarm of another function": (
        *("WorkerFailuresAlarm", "!Ref WorkerFunction", "!Ref JobsFunction"),
        "WorkerFunction: has no alarm of Errors",
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
        "JobsMinuteRule: has no alarm of FailedInvocations",
    ),
}
"""By what is wrong: where it is, what stands there first, what takes its place, and how the finding begins."""


@pytest.mark.parametrize(("where", "old", "new", "finding"), DEFECTS.values(), ids=DEFECTS)
def test_a_defect_is_found_by_its_rule(where: str, old: str, new: str, finding: str) -> None:
    """And nothing else is: a finding that names another resource sends its reader astray."""
    text = TEMPLATE.read_text()
    before, heading, behind = text.partition(f"\n  {where}:\n")
    assert old in behind.partition("\n\n")[0]
    found = mistakes(before + heading + behind.replace(old, new, 1))
    assert found
    assert [mistake for mistake in found if not mistake.startswith(finding)] == []
