"""What production can have and a laptop cannot: off everywhere unless parameters say otherwise.

The embedded AWS has no CodeDeploy and no budgets, and nothing here has an account, a domain or a certificate. So this
table says what each parameter brings, and the template as CloudFormation gets it is held against it, by resource,
property and value. docs/unproven.md lists what only an account can prove.
"""

import tomllib
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from fanin.local.layout import SAMCONFIG
from fanin.local.sam import environments, parts
from tests.stack.expanded import Expanded, expanded

ROUTE53: Final = "AWS::Route53::RecordSet"


@dataclass(frozen=True)
class Row:
    """What parameters bring.

    Args:
        given: the parameters.
        brings: the resources that are there with them and not without, by name with their types.
        says: values by their path, `Resource/Property/…`, with them.
    """

    given: dict[str, str]
    brings: dict[str, str] = field(default_factory=dict)
    says: dict[str, Any] = field(default_factory=dict)


TABLE: Final = {
    "domain elsewhere": Row(
        {"Domain": "api.example.com", "Certificate": "0a-1b"},
        {"ApiDomain": "AWS::ApiGatewayV2::DomainName", "ApiDomainMapping": "AWS::ApiGatewayV2::ApiMapping"},
        {
            "ApiDomain/DomainName": "api.example.com",
            "ApiDomain/DomainNameConfigurations/0/CertificateArn": (
                "arn:${AWS::Partition}:acm:${AWS::Region}:${AWS::AccountId}:certificate/0a-1b"
            ),
            "ApiDomain/DomainNameConfigurations/0/SecurityPolicy": "TLS_1_2",
            "ApiDomainMapping/ApiId": "${Api}",
            "ApiDomainMapping/Stage": "${Stage}",
        },
    ),
    "domain with its record": Row(
        {"Domain": "api.example.com", "Certificate": "0a-1b", "HostedZone": "Z1"},
        {
            "ApiDomain": "AWS::ApiGatewayV2::DomainName",
            "ApiDomainMapping": "AWS::ApiGatewayV2::ApiMapping",
            "ApiDomainRecord": ROUTE53,
        },
        {
            "ApiDomainRecord/Name": "api.example.com",
            "ApiDomainRecord/HostedZoneId": "Z1",
            "ApiDomainRecord/AliasTarget/DNSName": "${ApiDomain.RegionalDomainName}",
        },
    ),
    "budget": Row(
        {"MonthlyBudget": "200", "AlarmEmail": "ops@example.com", "Alarms": "off"},
        {"Budget": "AWS::Budgets::Budget"},
        {
            "Budget/Budget/BudgetLimit/Amount": "200",
            "Budget/NotificationsWithSubscribers/0/Notification/Threshold": 80,
            "Budget/NotificationsWithSubscribers/0/Subscribers/0/Address": "ops@example.com",
            "Budget/NotificationsWithSubscribers/1/Notification/NotificationType": "FORECASTED",
        },
    ),
    "history": Row(
        {"PointInTimeRecovery": "on"},
        says={
            "KeysTable/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled": True,
            "JobsTable/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled": True,
        },
    ),
    "no history": Row(
        {},
        says={
            "KeysTable/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled": False,
            "JobsTable/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled": False,
            "GatewayIntegration/IntegrationUri": "${GatewayFunction.Arn}",
            "GatewayPermission/FunctionName": "${GatewayFunction.Arn}",
            "Stage/AccessLogSettings/DestinationArn": "${ApiLogs.Arn}",
            "WorkerMinutes/MaximumRetryAttempts": 0,
            "WorkerMinutes/MaximumEventAgeInSeconds": 60,
            "JobsMinutes/MaximumRetryAttempts": 0,
            "JobsMinutes/MaximumEventAgeInSeconds": 60,
        },
    ),
    "access log of the WebSocket API": Row(
        {"LiveAccessLogs": "on"},
        {"LiveApiLogs": "AWS::Logs::LogGroup"},
        {"LiveApiliveStage/AccessLogSettings/DestinationArn": "${LiveApiLogs.Arn}"},
    ),
    "no access log of an API that is off": Row({"LiveAccessLogs": "on", "WebSocket": "off"}),
    "release": Row(
        {"Release": "on"},
        says={
            "GatewayIntegration/IntegrationUri": "${GatewayFunction.Arn}:live",
            "GatewayPermission/FunctionName": "${GatewayFunction.Arn}:live",
            "GatewayFunctionAliaslive/Name": "live",
            "GatewayFunctionDeploymentGroup/ServiceRoleArn": "${ReleaseRole.Arn}",
            "GatewayFunctionDeploymentGroup/DeploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent10Minutes",
            "GatewayFunctionDeploymentGroup/AlarmConfiguration/Alarms/0/Name": "${GatewayErrorsAlarm}",
            "GatewayFunctionDeploymentGroup/AlarmConfiguration/Alarms/1/Name": "${GatewayFailuresAlarm}",
            "GatewayFunctionDeploymentGroup/AutoRollbackConfiguration/Enabled": True,
        },
    ),
    "ready environments": Row(
        {"Release": "on", "ProvisionedConcurrency": "7"},
        says={"GatewayFunctionAliaslive/ProvisionedConcurrencyConfig/ProvisionedConcurrentExecutions": "7"},
    ),
    "snapshots": Row(
        {"Release": "on", "SnapStart": "on"},
        says={"GatewayFunction/SnapStart/ApplyOn": "PublishedVersions"},
    ),
}


@pytest.fixture(scope="module")
def template() -> Expanded:
    return expanded()


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_parameters_bring_what_the_table_says(template: Expanded, row: Row) -> None:
    switches = {name: value for name, value in row.given.items() if name in parts.SWITCHES}
    without, stack = template.with_parameters(**switches), template.with_parameters(**row.given)
    there = {name: stack.resources[name]["Type"] for name in stack.resources.keys() - without.resources.keys()}
    assert there == row.brings
    assert stack.dangling() == set()
    for path, value in row.says.items():
        assert _at(stack, path) == value, path


@pytest.mark.parametrize("name", [name for name in TABLE if TABLE[name].brings])
def test_nothing_of_it_is_there_on_a_laptop_in_dev_or_unless_asked_for(template: Expanded, name: str) -> None:
    for given in ({}, *(environments.read(each).parameters for each in ("local", "dev"))):
        assert TABLE[name].brings.keys() & template.with_parameters(**given).resources.keys() == set()


def test_a_release_has_no_alarms_to_heed_where_there_are_none(template: Expanded) -> None:
    group = template.with_parameters(Release="on", Alarms="off")
    assert "Alarms" not in group.chosen(group.of_type("AWS::CodeDeploy::DeploymentGroup"))


@pytest.mark.parametrize("name", ["local", "dev", "prod"])
def test_every_environment_tags_what_it_deploys(name: str) -> None:
    """`sam deploy` hands the tags to CloudFormation, and CloudFormation to every resource that can have some."""
    settings = tomllib.loads(SAMCONFIG.read_text())[name]["deploy"]["parameters"]
    assert settings["tags"] == ["project=fanin", f"environment={name}"]


def test_clients_addresses_are_in_both_access_logs(template: Expanded) -> None:
    stack = template.with_parameters(LiveAccessLogs="on")
    stages = stack.of_type("AWS::ApiGatewayV2::Stage")
    assert len(stages) == 2
    for stage in stages.values():
        assert '"client":"$context.identity.sourceIp"' in stack.chosen(stage)["AccessLogSettings"]["Format"]


def _at(stack: Expanded, path: str) -> Any:
    name, *keys = path.split("/")
    value: Any = stack.chosen(stack.resources[name]["Properties"])
    for key in keys:
        value = value[int(key)] if isinstance(value, list) else value[key]
    return stack.text(value) if isinstance(value, str | dict) else value
