"""`make check` finds parts of the template that do not fit each other: each is planted in the template."""

from typing import Final

import pytest

from tests.stack.planted import check

_ASKED: Final = """DependsOn: {0}Permission
    Properties:
      ApiId: !Ref Api
      IntegrationType: AWS_PROXY
      IntegrationUri: !GetAtt {0}Function.Arn"""
DEFECTS: Final = {
    "an API that may not invoke its function": (
        *("GatewayPermission", "FunctionName: *gateway", "FunctionName: !Ref WorkerFunction"),
        "Gateway",
    ),
    "an API that asks an alias before it is there": (
        *("GatewayIntegration", "DependsOn: GatewayPermission", "DependsOn: Stage"),
        "GatewayIntegration: asks its function before it may: add DependsOn: GatewayPermission",
    ),
    "a schedule that may not invoke its function": (
        *("WorkerMinutePermission", "!Ref WorkerFunction", "!Ref GatewayFunction"),
        "MinuteRule: may not invoke",
    ),
    "a schedule whose events queue up": (
        *("JobsMinutes", "MaximumRetryAttempts: 0", "MaximumRetryAttempts: 2"),
        "JobsMinuteRule: is tried again",
    ),
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
    "a function that its API does not ask": (
        *("SyncIntegration", _ASKED.format("Sync"), _ASKED.format("Django")),
        "SyncPermission: lets an API invoke",
    ),
    "a function that ends before its API gives up": (
        *("GatewayFunction", "      CodeUri:", "      Timeout: 5\n      CodeUri:"),
        "GatewayFunction: ends at another time",
    ),
}
"""By what is wrong: where it is, what stands there first, what takes its place, and how the finding begins."""


@pytest.mark.parametrize(("where", "old", "new", "finding"), DEFECTS.values(), ids=DEFECTS)
def test_a_defect_is_found_by_its_rule(where: str, old: str, new: str, finding: str) -> None:
    check(where, old, new, finding)
