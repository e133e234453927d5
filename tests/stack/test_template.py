"""What the template promises of every function, present and future; its rights are in test_rights.py."""

import json
import subprocess
import tomllib
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from fanin.entrypoints.aws_lambda.tasks import MINUTE
from fanin.local.layout import PACKAGE, ROOT, SAMCONFIG, TEMPLATE
from fanin.local.sam import built, published
from fanin.local.sam.built import of_type

type Resource = dict[str, Any]


@pytest.fixture(scope="module")
def template(local_build: Path) -> dict[str, Any]:
    """The template as SAM wrote it, its short forms written out."""
    parsed: dict[str, Any] = yaml.safe_load((local_build / "template.yaml").read_text())
    return parsed


@pytest.fixture(scope="module")
def functions(template: dict[str, Any]) -> dict[str, Resource]:
    return of_type("AWS::Serverless::Function", template)


def test_timeout_and_memory_are_explicit(template: dict[str, Any], functions: dict[str, Resource]) -> None:
    assert template["Globals"]["Function"]["Timeout"] == 30
    for function in functions.values():
        assert function["MemorySize"]["Ref"] in template["Parameters"]


def test_every_function_logs_json_to_a_group_of_its_own_with_retention(
    template: dict[str, Any], functions: dict[str, Resource]
) -> None:
    assert template["Globals"]["Function"]["LoggingConfig"]["LogFormat"] == "JSON"
    groups = of_type("AWS::Logs::LogGroup", template)
    assert all(group["RetentionInDays"] == {"Ref": "LogRetentionDays"} for group in groups.values())
    used = {name: function["LoggingConfig"]["LogGroup"]["Ref"] for name, function in functions.items()}
    assert used == {name: f"{name.removesuffix('Function')}Logs" for name in functions}
    assert set(used.values()) <= groups.keys()


def test_every_function_is_traced(template: dict[str, Any]) -> None:
    assert template["Globals"]["Function"]["Tracing"] == "Active"


def test_the_http_api_sends_payload_2_0_and_waits_as_long_as_the_functions_may_take(template: dict[str, Any]) -> None:
    integrations = _integrations(template, "Api")
    assert integrations
    for integration in integrations:
        assert integration["PayloadFormatVersion"] == "2.0"
        assert integration["TimeoutInMillis"] == template["Globals"]["Function"]["Timeout"] * 1000


def test_the_websocket_api_waits_as_long_as_such_an_api_can(template: dict[str, Any]) -> None:
    routes = [each for each in of_type("AWS::ApiGatewayV2::Route", template).values() if _is_of(each, "LiveApi")]
    assert {route["RouteKey"] for route in routes} == {"$connect", "$default", "$disconnect"}
    assert [each["TimeoutInMillis"] for each in _integrations(template, "LiveApi")] == [29_000] * 3


def test_what_is_kept_of_connections_ends(template: dict[str, Any]) -> None:
    table = of_type("AWS::DynamoDB::Table", template)["ConnectionsTable"]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}


def test_turns_are_seen_again_after_six_times_the_functions_timeout_and_set_aside_in_the_end(
    template: dict[str, Any],
) -> None:
    queue = of_type("AWS::SQS::Queue", template)["TurnsQueue"]
    assert queue["VisibilityTimeout"] == 6 * template["Globals"]["Function"]["Timeout"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": ["TurnsDeadLetters", "Arn"]}


def test_of_a_batch_of_messages_only_those_that_failed_come_again(template: dict[str, Any]) -> None:
    """And those do: without their report Lambda takes a batch for done."""
    mappings = of_type("AWS::Lambda::EventSourceMapping", template)
    assert {mapping["FunctionName"]["Ref"] for mapping in mappings.values()} == {
        "WorkerFunction",
        "LiveFunction",
        "JobsFunction",
    }
    for mapping in mappings.values():
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_no_bucket_is_public(template: dict[str, Any]) -> None:
    buckets = of_type("AWS::S3::Bucket", template)
    assert buckets
    for bucket in buckets.values():
        blocked = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
        assert bucket["PublicAccessBlockConfiguration"] == dict.fromkeys(blocked, True)


def test_each_minute_the_functions_that_see_to_what_is_due_are_told(template: dict[str, Any]) -> None:
    rules = of_type("AWS::Events::Rule", template).values()
    assert {rule["ScheduleExpression"] for rule in rules} == {"rate(1 minute)"}
    targets = [target for rule in rules for target in rule["Targets"]]
    assert {target["Arn"]["Fn::GetAtt"][0] for target in targets} == {"JobsFunction", "WorkerFunction"}
    assert all(json.loads(target["Input"]) == MINUTE for target in targets)


def test_the_api_comes_first_for_sam_local(template: dict[str, Any]) -> None:
    assert next(iter(template["Resources"].values()))["Type"] == "AWS::ApiGatewayV2::Api"


def test_sam_local_can_read_the_apis_of_what_make_local_gives_it(template: dict[str, Any], tmp_path: Path) -> None:
    """It takes every plain route for one of an HTTP API, and knows no authorizer of this kind."""
    published.leave_out_unserved(template := deepcopy(template))
    (given := tmp_path / "template.yaml").write_text(yaml.safe_dump(template, sort_keys=False))
    read = (
        "from samcli.lib.providers.api_provider import ApiProvider\n"
        "from samcli.lib.providers.sam_stack_provider import SamLocalStackProvider\n"
        f"stacks, _ = SamLocalStackProvider.get_stacks({str(given)!r})\n"
        "print(*{route.function_name for route in ApiProvider(stacks).routes})\n"
    )
    command: list[str | Path] = [ROOT / ".tools/sam/bin/python", "-c", read]
    served = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert set(served) == {"GatewayFunction", "SyncFunction", "DjangoFunction"}
    assert "LiveFunction" in template["Resources"]
    gateway = of_type("AWS::Serverless::Function", template)["GatewayFunction"]["Environment"]["Variables"]
    assert not gateway.keys() & {"AWS_LAMBDA_EXEC_WRAPPER", "FANIN_STREAM"}


def test_every_function_and_layer_is_built_from_a_folder_with_its_name(template: dict[str, Any]) -> None:
    """The layer of drivers is not built for the repository's own file."""
    made = of_type("AWS::Serverless::Function", template) | of_type("AWS::Serverless::LayerVersion", template)
    for name, folder in built.folders().items():
        if folder != PACKAGE:
            assert name.lower() == folder.name + folder.parent.name.removesuffix("s")
            assert f"Uri: {folder.relative_to(ROOT)}\n" in TEMPLATE.read_text()
    assert built.folders().keys() - made.keys() == {"DatabaseLayer"}
    assert made.keys() <= built.folders().keys()


def test_every_environment_sets_parameters_that_the_template_has(template: dict[str, Any]) -> None:
    config = tomllib.loads(SAMCONFIG.read_text())
    assert {"local", "dev", "prod"} <= config.keys()
    for name in ("local", "dev", "prod"):
        overrides = config[name]["global"]["parameters"]["parameter_overrides"]
        assert {override.partition("=")[0] for override in overrides} <= template["Parameters"].keys()


def test_only_the_local_environment_allows_private_addresses() -> None:
    config = tomllib.loads(SAMCONFIG.read_text())
    allowing = {
        name
        for name in ("local", "dev", "prod")
        if any(o.startswith("Allow=") for o in config[name]["global"]["parameters"]["parameter_overrides"])
    }
    assert allowing == {"local"}


def test_the_functions_answer_pages_on_other_origins_and_no_api_does(template: dict[str, Any]) -> None:
    """With a configuration of its own, an HTTP API answers OPTIONS itself. All routes but one take every method."""
    (api,) = (each for each in of_type("AWS::ApiGatewayV2::Api", template).values() if each["ProtocolType"] == "HTTP")
    assert "CorsConfiguration" not in api
    keys = [each["RouteKey"] for each in of_type("AWS::ApiGatewayV2::Route", template).values()]
    methods = {key.partition(" ")[0] for key in keys if not key.startswith("$")} - {"OPTIONS"}
    assert (methods, [key for key in keys if key.startswith("POST ")]) == ({"ANY", "POST"}, ["POST /jobs"])


def _is_of(resource: Resource, api: str) -> bool:
    return bool(resource["ApiId"] == {"Ref": api})


def _integrations(template: dict[str, Any], api: str) -> list[Resource]:
    found = of_type("AWS::ApiGatewayV2::Integration", template).values()
    return [each for each in found if _is_of(each, api)]
