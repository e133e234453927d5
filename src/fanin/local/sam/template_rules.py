"""What the template has to say of every resource, beyond what cfn-lint knows.

A rule takes the template, its short forms written out, and gives what is wrong with each resource. A new resource that
forgets encryption, a retention or an alarm then fails `make check`, and not in production.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import yaml

from fanin.local.sam import template_wiring
from fanin.local.sam.built import of_type

type Template = dict[str, Any]
type Mistakes = Iterator[tuple[str, str]]
"""The resource's logical id, and what is wrong with it and what to do."""

UNNAMED: Final = frozenset(
    (
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
        "secretsmanager:BatchGetSecretValue",
        "cloudwatch:DescribeAlarms",
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    )
)
"""Actions that have no resource to name."""
_FUNCTION: Final = "AWS::Serverless::Function"
_QUEUE: Final = "AWS::SQS::Queue"
_TABLE: Final = "AWS::DynamoDB::Table"
_BY_URL: Final = frozenset(("FunctionUrlAuthType", "InvokedViaFunctionUrl"))
_SECRET: Final = re.compile("SECRET|PASSWORD|TOKEN|CREDENTIAL|API_KEY")
_PLACE: Final = "FANIN_SECRETS"
"""Says where secrets are, and is none."""


class _Loader(yaml.SafeLoader):
    """Writes CloudFormation's short forms out."""


def _long(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> Any:
    name = tag if tag in {"Ref", "Condition"} else f"Fn::{tag}"
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.ScalarNode)
    value = loader.construct_scalar(node)
    return {name: value.split(".", 1) if tag == "GetAtt" else value}


_Loader.add_multi_constructor("!", _long)


def parsed(text: str) -> Template:
    """Read a template, with its short forms written out."""
    template: Template = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    return template


def roles_name_actions_and_resources(template: Template) -> Mistakes:
    """A role allows named actions on named resources."""
    for name, role in of_type("AWS::IAM::Role", template).items():
        for statement in _statements(role["Policies"]):
            actions, resources = _listed(statement["Action"]), _listed(statement["Resource"])
            if wide := [action for action in actions if "*" in action]:
                yield name, f"allows {wide[0]}: name each action"
            if "*" in resources and (wide := sorted(set(actions) - UNNAMED)):
                yield name, f"allows {wide[0]} on everything: name the resource"


def roles_are_a_services(template: Template) -> Mistakes:
    """A service takes a role, and nobody else does."""
    for name, role in of_type("AWS::IAM::Role", template).items():
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            principal = statement["Principal"]
            if not isinstance(principal, dict) or principal.keys() != {"Service"}:
                yield name, "can be taken by others than a service: name the service in its Principal"
        if "PermissionsBoundary" not in role:
            yield name, "has no boundary: add `PermissionsBoundary: *boundary`"


def permissions_name_what_invokes(template: Template) -> Mistakes:
    """Only this stack's APIs and rules invoke a function, and the function's own URL, which has no ARN to name."""
    for name, permission in of_type("AWS::Lambda::Permission", template).items():
        if "SourceArn" not in permission and not permission.keys() & _BY_URL:
            yield name, "lets any account's API invoke the function: add SourceArn"


def logs_end(template: Template) -> Mistakes:
    """Log lines are not kept for ever."""
    for name, group in of_type("AWS::Logs::LogGroup", template).items():
        if "RetentionInDays" not in group:
            yield name, "keeps log lines for ever: add RetentionInDays"


def functions_say_what_they_use(template: Template) -> Mistakes:
    """Memory, role and log group of a function are written, and no secret is."""
    for name, function in of_type(_FUNCTION, template).items():
        for wanted in ("MemorySize", "Role", "LoggingConfig", "ReservedConcurrentExecutions"):
            if wanted not in function:
                yield name, f"has no {wanted}: SAM's own is not what the docs say"
        variables = function.get("Environment", {}).get("Variables", {})
        for variable, value in variables.items():
            if _SECRET.search(variable) and variable != _PLACE and isinstance(value, str) and value:
                yield name, f"has a secret in {variable}: keep it in SSM or Secrets Manager, and name it in Secrets"
    if template["Globals"]["Function"].get("Tracing") != "Active":
        yield "Globals", "functions are not traced: add `Tracing: Active`"


def state_stays_and_is_encrypted(template: Template) -> Mistakes:
    """Tables and buckets outlive the stack; everything that keeps something is encrypted, and no bucket public."""
    for name in (*of_type(_TABLE, template), *of_type("AWS::S3::Bucket", template)):
        resource = template["Resources"][name]
        kept = (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"))
        if kept != ("RetainExceptOnCreate", "Retain"):
            yield name, "goes with the stack: add DeletionPolicy: RetainExceptOnCreate, UpdateReplacePolicy: Retain"
        if "Condition" in resource:
            yield name, "goes when a part is switched off: take its Condition away"
    for name, table in of_type(_TABLE, template).items():
        if table.get("SSESpecification", {}).get("SSEEnabled") is not True:
            yield name, "is encrypted with a key that leaves no trace: add SSESpecification"
        if "TimeToLiveSpecification" not in table:
            yield name, "grows for ever: add TimeToLiveSpecification"
    for name, bucket in of_type("AWS::S3::Bucket", template).items():
        blocked = bucket.get("PublicAccessBlockConfiguration", {})
        if list(blocked.values()) != [True] * 4:
            yield name, "can become public: set all four of PublicAccessBlockConfiguration"
        if "BucketEncryption" not in bucket:
            yield name, "does not say how it is encrypted: add BucketEncryption"


def queues_set_aside_what_fails(template: Template) -> Mistakes:
    """A queue is encrypted, and has a dead-letter queue which keeps letters for longer, or is one."""
    queues = of_type(_QUEUE, template)
    dead = {_named(queue["RedrivePolicy"]["deadLetterTargetArn"]) for queue in queues.values() if _redriven(queue)}
    for name, queue in queues.items():
        if queue.get("SqsManagedSseEnabled") is not True:
            yield name, "is not encrypted: add SqsManagedSseEnabled: true"
        if not _redriven(queue) and name not in dead:
            yield name, "tries a message that fails for ever: add RedrivePolicy"
        if _redriven(queue):
            letters = queues.get(_named(queue["RedrivePolicy"]["deadLetterTargetArn"]), {})
            if letters.get("MessageRetentionPeriod", 345_600) <= queue.get("MessageRetentionPeriod", 345_600):
                yield name, "has dead letters that end before it: a letter's age counts from its first queue"


def messages_are_hidden_while_they_are_worked_on(template: Template) -> Mistakes:
    """A queue hides messages for longer than its function may take; and of a batch only what failed comes again."""
    queues, functions = of_type(_QUEUE, template), of_type(_FUNCTION, template)
    for name, mapping in of_type("AWS::Lambda::EventSourceMapping", template).items():
        queue = queues[_named(mapping["EventSourceArn"])]
        function = functions.get(_named(mapping["FunctionName"]), {})
        timeout = function.get("Timeout", template["Globals"]["Function"]["Timeout"])
        if queue.get("VisibilityTimeout", 30) <= timeout:
            yield name, "gets messages again that are being worked on: raise the queue's VisibilityTimeout"
        if mapping.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield name, "does a whole batch again if one message fails: add ReportBatchItemFailures"
        if "ScalingConfig" not in mapping:
            yield name, "takes as many environments as there are: add ScalingConfig"


def stages_are_throttled_and_logged(template: Template) -> Mistakes:
    """Each API has a bound for all clients together, and a log that says who asked."""
    for name, stage in of_type("AWS::ApiGatewayV2::Stage", template).items():
        if stage.get("DefaultRouteSettings", {}).keys() < {"ThrottlingRateLimit", "ThrottlingBurstLimit"}:
            yield name, "has no throttle: add ThrottlingRateLimit and ThrottlingBurstLimit"
        if "$context.identity.sourceIp" not in str(stage.get("AccessLogSettings")):
            yield name, "does not log who asks: add AccessLogSettings with $context.identity.sourceIp"


RULES: Final[tuple[Callable[[Template], Mistakes], ...]] = (
    roles_name_actions_and_resources,
    roles_are_a_services,
    permissions_name_what_invokes,
    logs_end,
    functions_say_what_they_use,
    state_stays_and_is_encrypted,
    queues_set_aside_what_fails,
    messages_are_hidden_while_they_are_worked_on,
    stages_are_throttled_and_logged,
    *template_wiring.RULES,
)


def mistakes(text: str) -> list[str]:
    """Give what is wrong with a template, a line each; empty where nothing is.

    Args:
        text: the template, as it is written.
    """
    template = parsed(text)
    return [f"{name}: {what}" for rule in RULES for name, what in rule(template)]


def _statements(value: Any) -> Iterator[dict[str, Any]]:
    """Give each statement of policies, also of those that a condition takes away."""
    if isinstance(value, dict):
        if "Effect" in value:
            yield value
        else:
            for below in value.values():
                yield from _statements(below)
    elif isinstance(value, list):
        for below in value:
            yield from _statements(below)


def _redriven(queue: dict[str, Any]) -> bool:
    return "RedrivePolicy" in queue


def _named(value: Any) -> str:
    """Name the resource that `!Ref` or `!GetAtt` refers to."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return name
    return ""


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
