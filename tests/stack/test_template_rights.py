"""`make check` finds rights that are wider than what is done with them: each is planted in the template."""

from typing import Final

import pytest

from tests.stack.planted import check

DEFECTS: Final = {
    "a domain with old TLS": ("ApiDomain", "TLS_1_2", "TLS_1_0", "ApiDomain: takes old TLS"),
    "a right in one partition only": (
        *("LiveRole", "arn:${AWS::Partition}:execute-api", "arn:aws:execute-api"),
        "LiveRole: names a partition",
    ),
    "a key that opens everything": ("GatewayRole", "kms:ViaService", "kms:CallerAccount", ""),
    "a policy of AWS's": (
        *(
            "LiveRole",
            "      PermissionsBoundary: *boundary\n",
            "      PermissionsBoundary: *boundary\n      ManagedPolicyArns: [!Ref PermissionsBoundary]\n",
        ),
        "LiveRole: has rights that are not written here",
    ),
    "a right on all of a kind": (
        *(
            "WorkerRole",
            "!GetAtt TasksQueue.Arn",
            "!Sub 'arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:*'",
        ),
        "WorkerRole: allows sqs:",
    ),
    "all actions but some": (
        *("LiveRole", "Action: [dynamodb:GetItem]", "NotAction: [iam:CreateUser]"),
        "LiveRole: allows all but what it names",
    ),
    "all resources but some": (
        *("ReleaseRole", "Resource: [!GetAtt GatewayFunction.Arn,", "NotResource: [!GetAtt GatewayFunction.Arn,"),
        "ReleaseRole: allows all but what it names",
    ),
    "a role for machines": (
        *("ReleaseRole", "codedeploy.amazonaws.com", "ec2.amazonaws.com"),
        "ReleaseRole: can be taken by ec2",
    ),
    "a key that opens all that a service has": (
        *("GatewayRole", "kms:EncryptionContext:PARAMETER_ARN", "aws:PrincipalTag/team"),
        "",
    ),
    "a permission for any API of the account": (
        *("SyncPermission", "${Api}/*", "*/*"),
        "SyncPermission: lets any account's API",
    ),
}
"""By what is wrong: where it is, what stands there first, what takes its place, and how the finding begins."""


@pytest.mark.parametrize(("where", "old", "new", "finding"), DEFECTS.values(), ids=DEFECTS)
def test_a_defect_is_found_by_its_rule(where: str, old: str, new: str, finding: str) -> None:
    check(where, old, new, finding)
