"""`make check` finds what is wrong with the template: each defect is planted here, by a change of its text."""

from pathlib import Path
from typing import Final

import pytest

from fanin.local.layout import TEMPLATE
from fanin.local.sam.template_check import REGIONS, lint
from fanin.local.sam.template_rules import mistakes

QUEUE: Final = "AWS::SQS::Queue"
ENCRYPTED: Final = "{ SqsManagedSseEnabled: true }"
ENDS: Final = "TimeToLiveSpecification: { AttributeName: expires, Enabled: true }"
ALL: Final = "{ Statement: [{ Effect: Allow, Action: 's3:*', Resource: '*' }] }"
OF_ALL: Final = "{ Statement: [{ Effect: Allow, Principal: '*', Action: 's3:GetObject' }] }"
OURS: Final = {
    "an action that is any of a service's": (
        "Action: [dynamodb:GetItem, dynamodb:UpdateItem]",
        "Action: [dynamodb:*]",
        "SyncRole: allows dynamodb:*",
    ),
    "a right on everything": (
        "                Resource: !Sub ${CacheTable.Arn}/index/due\n",
        '                Resource: "*"\n',
        "WorkerRole: allows dynamodb:",
    ),
    "a role that anybody takes": (
        "Principal: { Service: codedeploy.amazonaws.com }",
        'Principal: "*"',
        "ReleaseRole: can be taken",
    ),
    "a role without the boundary": (
        "  ReleaseRole:\n    Type: AWS::IAM::Role\n    Properties:\n      PermissionsBoundary: *boundary\n",
        "  ReleaseRole:\n    Type: AWS::IAM::Role\n    Properties:\n",
        "ReleaseRole: has no boundary",
    ),
    "a function that any account's API invokes": (
        "      SourceArn: !GetAtt JobsMinuteRule.Arn\n",
        "",
        "JobsMinutePermission: lets any account",
    ),
    "a log that never ends": (
        "      LogGroupName: !Sub /fanin/${AWS::StackName}/worker\n      RetentionInDays: !Ref LogRetentionDays\n",
        "      LogGroupName: !Sub /fanin/${AWS::StackName}/worker\n",
        "WorkerLogs: keeps log lines for ever",
    ),
    "a function with a secret": (
        "          FANIN_CONNECTIONS: !Ref",
        "          STRIPE_TOKEN: sk_live_1\n          FANIN_CONNECTIONS: !Ref",
        "LiveFunction: has a secret in STRIPE_TOKEN",
    ),
    "a function without its memory": ("      MemorySize: !Ref JobsMemory\n", "", "JobsFunction: has no MemorySize"),
    "functions that are not traced": ("    Tracing: Active\n", "", "Globals: functions are not traced"),
    "a table that goes with the stack": (
        "  KeysTable:\n    Type: AWS::DynamoDB::Table\n    DeletionPolicy: RetainExceptOnCreate\n",
        "  KeysTable:\n    Type: AWS::DynamoDB::Table\n",
        "KeysTable: goes with the stack",
    ),
    "a table that goes with its switch": (
        "  JobsTable:\n    Type: AWS::DynamoDB::Table\n",
        "  JobsTable:\n    Type: AWS::DynamoDB::Table\n    Condition: HasJobs\n",
        "JobsTable: goes when a part is switched off",
    ),
    "a bucket that can become public": ("        BlockPublicPolicy: true\n", "", "JobsBucket: can become public"),
    "a bucket without encryption": (
        "      BucketEncryption:\n        ServerSideEncryptionConfiguration: [{ ServerSide",
        "      Tags:\n        More: [{ ServerSide",
        "JobsBucket: does not say how it is encrypted",
    ),
    "a queue without a dead-letter queue": (
        "  TurnsDeadLetters:\n    Type: AWS::SQS::Queue\n",
        f"  MoreQueue:\n    Type: {QUEUE}\n    Properties: {ENCRYPTED}\n  TurnsDeadLetters:\n    Type: {QUEUE}\n",
        "MoreQueue: ",
    ),
    "dead letters that end before their queue": (
        "  TurnsDeadLetters:\n    Type: AWS::SQS::Queue\n    Properties:\n      MessageRetentionPeriod: 1209600",
        "  TurnsDeadLetters:\n    Type: AWS::SQS::Queue\n    Properties:\n      MessageRetentionPeriod: 3600",
        "TurnsQueue: has dead letters that end before it",
    ),
    "messages that come again while they are worked on": (
        "      VisibilityTimeout: 960\n",
        "      VisibilityTimeout: 180\n",
        "JobsMessages: gets messages again",
    ),
    "batches that come again as a whole": (
        "      BatchSize: 1\n      FunctionResponseTypes: [ReportBatchItemFailures]\n",
        "      BatchSize: 1\n",
        "JobsMessages: does a whole batch again",
    ),
    "an API without a throttle": (
        "      DefaultRouteSettings: { ThrottlingRateLimit: !Ref LiveRate, ThrottlingBurstLimit: !Ref LiveBurst }\n",
        "",
        "LiveApiliveStage: has no throttle",
    ),
    "an access log that does not say who asked": (
        '"client":"$context.identity.sourceIp",\n          "path"',
        '"path"',
        "Stage: does not log who asks",
    ),
    "dead letters that nobody hears of": (
        "Value: !GetAtt JobsDeadLetterQueue.QueueName",
        "Value: !GetAtt JobsQueue.QueueName",
        "JobsDeadLetterQueue: has no alarm",
    ),
    "an alarm that tells nobody": (
        "      AlarmActions: &tell [!If [HasOwnTopic, !Ref OwnAlarmTopic, !Ref AlarmTopic]]\n      OKActions: *tell\n",
        "      OKActions: &tell [!If [HasOwnTopic, !Ref OwnAlarmTopic, !Ref AlarmTopic]]\n",
        "GatewayErrorsAlarm: tells nobody",
    ),
    "a policy beside the roles": (
        "  TurnsDeadLetters:\n",
        f"  More:\n    Type: AWS::IAM::Policy\n    Properties: {{ PolicyDocument: {ALL} }}\n  TurnsDeadLetters:\n",
        "More: gives rights beside the roles",
    ),
    "a bucket that everybody may read": (
        "  TurnsDeadLetters:\n",
        f"  More:\n    Type: AWS::S3::BucketPolicy\n    Properties: {{ Policy: {OF_ALL} }}\n  TurnsDeadLetters:\n",
        "More: lets everybody in",
    ),
    "a log that is kept for another time": (
        "/jobs\n      RetentionInDays: !Ref LogRetentionDays\n",
        "/jobs\n      RetentionInDays: 3653\n",
        "JobsLogs: keeps log lines",
    ),
    "a function outside of the VPC": (
        "      CodeUri: functions/worker\n",
        "      CodeUri: functions/worker\n      VpcConfig: { SubnetIds: [], SecurityGroupIds: [] }\n",
        "WorkerFunction: has a VpcConfig of its own",
    ),
    "a function whose lines are no JSON": (
        "        LogGroup: !Ref WorkerLogs\n",
        "        LogGroup: !Ref WorkerLogs\n        LogFormat: Text\n",
        "WorkerFunction: logs in another way",
    ),
    "a secret of all functions": (
        "        FANIN_CACHE: !Ref Cache\n",
        "        FANIN_CACHE: !Ref Cache\n        FANIN_SECRET_STRIPE: sk_live_1\n",
        "Globals: has a secret in FANIN_SECRET_STRIPE",
    ),
    "a secret by a parameter": (
        "          FANIN_CONNECTIONS: !Ref",
        "          STRIPE_TOKEN: !Ref Variables\n          FANIN_CONNECTIONS: !Ref",
        "LiveFunction: has a secret in STRIPE_TOKEN",
    ),
    "rows that nobody deletes": (
        "item, AttributeType: S }\n      TimeToLiveSpecification: { AttributeName: expires, Enabled: true }",
        "item, AttributeType: S }\n      TimeToLiveSpecification: { AttributeName: expires, Enabled: false }",
        "ConnectionsTable: is switched off by Enabled",
    ),
    "a schedule that sleeps": (
        "      Targets:\n        - { Id: jobs,",
        "      State: DISABLED\n      Targets:\n        - { Id: jobs,",
        "JobsMinuteRule: is switched off by State",
    ),
    "a queue that nobody reads": (
        "      BatchSize: 1\n",
        "      BatchSize: 1\n      Enabled: false\n",
        "JobsMessages: is switched off by Enabled",
    ),
    "objects that stay": (
        "Status: Enabled, ExpirationInDays",
        "Status: Disabled, ExpirationInDays",
        "JobsBucket: is switched off by Status",
    ),
    "a table that cannot be restored": (
        f"KEYS_ONLY }}\n      {ENDS}\n      PointInTimeRecoverySpecification:",
        f"KEYS_ONLY }}\n      {ENDS}\n      OnDemandThroughput:",
        "JobsTable: cannot be restored",
    ),
    "messages that end before they are set aside": (
        "      MessageRetentionPeriod: 7200 # as long as a connection can last\n",
        "      MessageRetentionPeriod: 300\n",
        "TurnsQueue: loses messages",
    ),
}
"""By what is wrong: what stands in the template once, what takes its place, and how the finding begins."""

LINTED: Final = {
    "a property that does not exist": ("      BatchSize: 1\n", "      BatchSise: 1\n", "E3002"),
    "a value of the wrong type": ("      VisibilityTimeout: 960\n", "      VisibilityTimeout: long\n", "E3012"),
    "a name of a resource that does not exist": ("!GetAtt WorkerLogs.Arn", "!GetAtt WorkersLogs.Arn", "E1010"),
    "a default that is not allowed": ("    Default: arm64\n", "    Default: arm\n", "E2015"),
    "a condition that does not exist": ("    Condition: HasHostedZone\n", "    Condition: HasZone\n", "E3015"),
    "a condition that nothing reads": (
        "Conditions:\n",
        'Conditions:\n  HasCache: !Equals [!Ref Cache, "on"]\n',
        "W8001",
    ),
    "a resource without what it needs": (
        "      ScheduleExpression: rate(1 minute)\n      Targets:\n        - { Id: jobs,",
        "      ScheduleExpression: rate(1 minute)\n      Targets:\n        - { Ids: jobs,",
        "E3003",
    ),
}
"""The same of what cfn-lint finds, with its rule."""
TWICE: Final = ("      BatchSize: 1\n", "      BatchSize: 1\n      BatchSize: 2\n", "E0000")
"""A key that stands twice: of a file that cannot be read, cfn-lint finds nothing else."""


def _planted(old: str, new: str, text: str = "") -> str:
    text = text or TEMPLATE.read_text()
    assert text.count(old) == 1, f"{text.count(old)} of {old}"
    return text.replace(old, new)


def test_nothing_is_wrong_with_the_template_in_four_regions() -> None:
    assert mistakes(TEMPLATE.read_text()) == []
    assert len(REGIONS) == 4
    assert lint(TEMPLATE) == (True, "")


@pytest.mark.parametrize(("old", "new", "finding"), OURS.values(), ids=OURS)
def test_a_defect_is_found_by_its_rule(old: str, new: str, finding: str) -> None:
    """And nothing else is: a finding that names another resource sends its reader astray."""
    found = mistakes(_planted(old, new))
    assert found
    assert [mistake for mistake in found if not mistake.startswith(finding)] == []


def test_what_is_no_template_of_cloudformations_is_found_by_cfn_lint(tmp_path: Path) -> None:
    """All at once, since a template takes seconds: each at the line where it stands."""
    mistaken, unread = tmp_path / "mistaken.yaml", tmp_path / "unread.yaml"
    text = ""
    for old, new, _ in LINTED.values():
        text = _planted(old, new, text)
    mistaken.write_text(text)
    unread.write_text(_planted(*TWICE[:2]))
    clean, said = lint(mistaken, unread, regions=REGIONS[:1])
    assert not clean
    found = {
        (file, int(line), rule) for file, line, _, _, _, rule, *_ in (each.split(":") for each in said.splitlines())
    }
    assert (str(unread), TWICE[2]) in {(file, rule) for file, _, rule in found}
    missed = {}
    for name, (_, new, rule) in LINTED.items():
        first = text[: text.index(new)].count("\n") + 1
        if not found & {(str(mistaken), first + number, rule) for number in range(new.count("\n") + 1)}:
            missed[name] = rule
    assert missed == {}, said
