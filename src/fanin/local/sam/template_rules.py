"""What the template has to say of every resource, beyond what cfn-lint knows.

A rule takes the template, its short forms written out, and gives what is wrong with each resource. A new resource that
forgets encryption, a retention or an alarm then fails `make check`, and not in production.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from fanin.local.sam import template_alarms, template_doors, template_rights, template_wiring
from fanin.local.sam.built import of_type
from fanin.local.sam.template_reading import Mistakes, Template, dictionaries, named, names_in, parsed

_FUNCTION: Final = "AWS::Serverless::Function"
_QUEUE: Final = "AWS::SQS::Queue"
_TABLE: Final = "AWS::DynamoDB::Table"
_SECRET: Final = re.compile("SECRET|PASSWORD|TOKEN|CREDENTIAL|API_KEY")
_PLACE: Final = "FANIN_SECRETS"
"""Says where secrets are, and is none."""
_COMMON: Final = ("Runtime", "Architectures", "Tracing", "VpcConfig")
"""What all functions have from Globals."""
_OFF: Final = (
    ("Enabled", False),
    ("ActionsEnabled", False),
    ("AutoDeploy", False),
    ("State", "DISABLED"),
    ("Status", "Disabled"),
)
"""How resources say that they do nothing."""
RESTORED: Final = ("KeysTable", "JobsTable")
"""Tables whose rows nobody can make anew."""


def logs_end(template: Template) -> Mistakes:
    """Log lines are not kept for ever."""
    for name, group in of_type("AWS::Logs::LogGroup", template).items():
        if group.get("RetentionInDays") != {"Ref": "LogRetentionDays"}:
            yield name, "keeps log lines for ever, or for another time: take RetentionInDays from LogRetentionDays"


def functions_say_what_they_use(template: Template) -> Mistakes:
    """Memory, role and log group of a function are written, and no secret is."""
    for name, function in of_type(_FUNCTION, template).items():
        for wanted in ("MemorySize", "Role", "LoggingConfig", "ReservedConcurrentExecutions"):
            if wanted not in function:
                yield name, f"has no {wanted}: SAM's own is not what the docs say"
        if own := [key for key in _COMMON if key in function]:
            yield name, f"has a {own[0]} of its own: Globals says it for all functions"
        if function.get("LoggingConfig", {}).keys() > {"LogGroup"}:
            yield name, "logs in another way than the others: LoggingConfig names the LogGroup, and Globals the rest"
    for name, function in (*of_type(_FUNCTION, template).items(), ("Globals", template["Globals"]["Function"])):
        variables = function.get("Environment", {}).get("Variables", {})
        for variable, value in variables.items():
            told = (isinstance(value, str) and value) or names_in(value) & template["Parameters"].keys()
            if _SECRET.search(variable) and variable != _PLACE and told:
                yield name, f"has a secret in {variable}: keep it in SSM or Secrets Manager, and name it in Secrets"
    if template["Globals"]["Function"].get("Tracing") != "Active":
        yield "Globals", "functions are not traced: add `Tracing: Active`"


def nothing_is_switched_off(template: Template) -> Mistakes:
    """What is in the template works: a switch is a parameter, by which a part is there or not."""
    for name, resource in template["Resources"].items():
        for each in dictionaries(resource.get("Properties")):
            for key, value in _OFF:
                if key in each and each[key] in (value, str(value).lower()):
                    yield name, f"is switched off by {key}: take it away, or make it a parameter"


def state_stays(template: Template) -> Mistakes:
    """Tables and buckets outlive the stack, and a bucket is encrypted and not public."""
    for name in (*of_type(_TABLE, template), *of_type("AWS::S3::Bucket", template)):
        resource = template["Resources"][name]
        kept = (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"))
        if kept != ("RetainExceptOnCreate", "Retain"):
            yield name, "goes with the stack: add DeletionPolicy: RetainExceptOnCreate, UpdateReplacePolicy: Retain"
        if "Condition" in resource:
            yield name, "goes when a part is switched off: take its Condition away"
    for name, bucket in of_type("AWS::S3::Bucket", template).items():
        blocked = bucket.get("PublicAccessBlockConfiguration", {})
        if list(blocked.values()) != [True] * 4:
            yield name, "can become public: set all four of PublicAccessBlockConfiguration"
        if "BucketEncryption" not in bucket:
            yield name, "does not say how it is encrypted: add BucketEncryption"


def rows_are_encrypted_and_end(template: Template) -> Mistakes:
    """Tables are encrypted, their rows end, and those that nobody can make anew can be restored."""
    for name, table in of_type(_TABLE, template).items():
        if table.get("SSESpecification", {}).get("SSEEnabled") is not True:
            yield name, "is encrypted with a key that leaves no trace: add SSESpecification"
        if "TimeToLiveSpecification" not in table:
            yield name, "grows for ever: add TimeToLiveSpecification"
        history = table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled")
        if name in RESTORED and history != {"Fn::If": ["HasHistory", True, False]}:
            yield name, "cannot be restored where PointInTimeRecovery is on: add PointInTimeRecoverySpecification"


def queues_set_aside_what_fails(template: Template) -> Mistakes:
    """A queue is encrypted, and has a dead-letter queue which keeps letters for longer, or is one."""
    queues = of_type(_QUEUE, template)
    dead = {named(queue["RedrivePolicy"]["deadLetterTargetArn"]) for queue in queues.values() if _redriven(queue)}
    for name, queue in queues.items():
        if queue.get("SqsManagedSseEnabled") is not True:
            yield name, "is not encrypted: add SqsManagedSseEnabled: true"
        if not _redriven(queue) and name not in dead:
            yield name, "tries a message that fails for ever: add RedrivePolicy"
        if _redriven(queue):
            letters = queues.get(named(queue["RedrivePolicy"]["deadLetterTargetArn"]), {})
            if letters.get("MessageRetentionPeriod", 345_600) <= queue.get("MessageRetentionPeriod", 345_600):
                yield name, "has dead letters that end before it: a letter's age counts from its first queue"
            tries = queue["RedrivePolicy"].get("maxReceiveCount", 1) * queue.get("VisibilityTimeout", 30)
            if queue.get("MessageRetentionPeriod", 345_600) <= tries:
                yield name, "loses messages before they are set aside: raise MessageRetentionPeriod"


def messages_are_hidden_while_they_are_worked_on(template: Template) -> Mistakes:
    """A queue hides messages for longer than its function may take; and of a batch only what failed comes again."""
    queues, functions = of_type(_QUEUE, template), of_type(_FUNCTION, template)
    for name, mapping in of_type("AWS::Lambda::EventSourceMapping", template).items():
        queue = queues[named(mapping["EventSourceArn"])]
        function = functions.get(named(mapping["FunctionName"]), {})
        timeout = function.get("Timeout", template["Globals"]["Function"]["Timeout"])
        if queue.get("VisibilityTimeout", 30) <= timeout:
            yield name, "gets messages again that are being worked on: raise the queue's VisibilityTimeout"
        if mapping.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield name, "does a whole batch again if one message fails: add ReportBatchItemFailures"
        if "ScalingConfig" not in mapping:
            yield name, "takes as many environments as there are: add ScalingConfig"


RULES: Final[tuple[Callable[[Template], Mistakes], ...]] = (
    logs_end,
    functions_say_what_they_use,
    nothing_is_switched_off,
    state_stays,
    rows_are_encrypted_and_end,
    queues_set_aside_what_fails,
    messages_are_hidden_while_they_are_worked_on,
    *template_rights.RULES,
    *template_doors.RULES,
    *template_wiring.RULES,
    *template_alarms.RULES,
)


def mistakes(text: str) -> list[str]:
    """Give what is wrong with a template, a line each; empty where nothing is.

    Args:
        text: the template, as it is written.
    """
    template = parsed(text)
    return [f"{name}: {what}" for rule in RULES for name, what in rule(template)]


def _redriven(queue: dict[str, Any]) -> bool:
    return "RedrivePolicy" in queue
