"""Whether the parts of the template fit each other: who invokes may, who reads has the right, and times fit.

cfn-lint takes each of these for a choice. Each rule takes the template as `template_reading` reads it, and gives what
is wrong with each resource.
"""

from collections.abc import Callable, Mapping
from typing import Final

from fanin.local.sam.built import of_type
from fanin.local.sam.template_reading import Mistakes, Template, listed, names_in

_FUNCTION: Final = "AWS::Serverless::Function"
_QUEUE: Final = "AWS::SQS::Queue"
_RULE: Final = "AWS::Events::Rule"
_TABLE: Final = "AWS::DynamoDB::Table"

HOLDS: Final[Mapping[str, str]] = {
    "FANIN_TABLE": "CacheTable",
    "FANIN_QUEUE": "TasksQueue",
    "FANIN_KEYS": "KeysTable",
    "FANIN_JOBS": "JobsTable",
    "FANIN_JOBS_QUEUE": "JobsQueue",
    "FANIN_JOBS_BUCKET": "JobsBucket",
    "FANIN_DEAD_LETTERS": "JobsDeadLetterQueue",
    "FANIN_CONNECTIONS": "ConnectionsTable",
    "FANIN_TURNS": "TurnsQueue",
}
"""What each variable of a function names."""
_LEAST_TRIES: Final = 3


def what_invokes_may(template: Template) -> Mistakes:
    """Each integration and each schedule has the permission to invoke its function, an integration from the start."""
    functions = of_type(_FUNCTION, template)
    permissions = {
        name: (names_in(each["FunctionName"]), names_in(each.get("SourceArn")))
        for name, each in of_type("AWS::Lambda::Permission", template).items()
        if each["Principal"] != "*"
    }
    once = [
        name
        for config in of_type("AWS::Lambda::EventInvokeConfig", template).values()
        for name in names_in(config["FunctionName"])
        if config.get("MaximumRetryAttempts") == 0
    ]
    for name, integration in of_type("AWS::ApiGatewayV2::Integration", template).items():
        asked = names_in(integration["IntegrationUri"]) & functions.keys()
        api = names_in(integration["ApiId"])
        given = {may for may, (of, source) in permissions.items() if of & asked and (not source or source & api)}
        if not given:
            yield name, "may not invoke its function: add an AWS::Lambda::Permission for the API"
        elif not given & {*listed(template["Resources"][name].get("DependsOn", []))}:
            yield name, f"asks its function before it may: add DependsOn: {min(given)}"
    asked_by = [
        (names_in(each["IntegrationUri"]) & functions.keys(), names_in(each["ApiId"]))
        for each in of_type("AWS::ApiGatewayV2::Integration", template).values()
    ]
    for name, permission in of_type("AWS::Lambda::Permission", template).items():
        of, source = names_in(permission["FunctionName"]), names_in(permission.get("SourceArn"))
        if permission["Principal"] == "apigateway.amazonaws.com" and not any(
            of & asked and (not source or source & api) for asked, api in asked_by
        ):
            yield name, "lets an API invoke a function that it does not ask: see IntegrationUri of its integrations"
    for name, rule in of_type(_RULE, template).items():
        for target in rule["Targets"]:
            asked = names_in(target["Arn"])
            if not any(of & asked and source <= {name} for of, source in permissions.values()):
                yield name, "may not invoke its function: add an AWS::Lambda::Permission for the rule"
            if not asked & set(once):
                yield name, "is tried again when the next one is due: add an EventInvokeConfig without attempts"


def functions_reach_what_they_name(template: Template) -> Mistakes:
    """A variable names the resource that it is for, and the function's role has a right to it, and to its own log."""
    roles = of_type("AWS::IAM::Role", template)
    for name, function in of_type(_FUNCTION, template).items():
        role = roles.get(next(iter(names_in(function.get("Role"))), ""), {})
        allowed = names_in(role.get("Policies", ()))
        variables = function.get("Environment", {}).get("Variables", {})
        for variable in variables.keys() & HOLDS.keys():
            named = names_in(variables[variable])
            if named != {HOLDS[variable]}:
                yield name, f"has another thing in {variable}: name {HOLDS[variable]}"
            elif not named & allowed:
                yield name, f"has no right to {HOLDS[variable]}, which {variable} names: add one to its role"
        if not (log := names_in(function.get("LoggingConfig", {}).get("LogGroup"))) & allowed:
            yield name, f"cannot write its log {''.join(log)}: add the right to its role"
        if "FaninLayer" not in names_in(function.get("Layers", ())):
            yield name, "has no fanin: add FaninLayer to its layers"


def what_is_kept_ends(template: Template) -> Mistakes:
    """Rows end by the attribute that fanin writes, objects by a rule, and no table has a name that two cannot have."""
    for name, table in of_type(_TABLE, template).items():
        if table.get("TimeToLiveSpecification", {}).get("AttributeName", "expires") != "expires":
            yield name, "grows for ever: fanin writes the end of a row into expires"
        if "TableName" in table:
            yield name, "has a name, so CloudFormation cannot replace it: leave TableName out"
    for name, bucket in of_type("AWS::S3::Bucket", template).items():
        if not bucket.get("LifecycleConfiguration"):
            yield name, "grows for ever: add LifecycleConfiguration"
    for name, queue in of_type(_QUEUE, template).items():
        if queue.get("RedrivePolicy", {}).get("maxReceiveCount", _LEAST_TRIES) < _LEAST_TRIES:
            yield name, f"sets messages aside too early: a maxReceiveCount of {_LEAST_TRIES} or more"


def times_fit(template: Template) -> Mistakes:
    """API Gateway waits as long as a function may take; settings of a route come after it; metrics are logged."""
    common, functions = template["Globals"]["Function"], of_type(_FUNCTION, template)
    for name, integration in of_type("AWS::ApiGatewayV2::Integration", template).items():
        longest = common["Timeout"] * 1000
        if integration["TimeoutInMillis"] not in (longest, longest - 1000):  # a WebSocket API waits for 29 s at most
            yield name, "waits for another time than functions have: change TimeoutInMillis or Timeout"
        for asked in sorted(names_in(integration["IntegrationUri"]) & functions.keys()):
            if functions[asked].get("Timeout", common["Timeout"]) != common["Timeout"]:
                yield asked, "ends at another time than its API waits for: take its Timeout away"
    routes = {route["RouteKey"]: name for name, route in of_type("AWS::ApiGatewayV2::Route", template).items()}
    for name, stage in of_type("AWS::ApiGatewayV2::Stage", template).items():
        before = listed(template["Resources"][name].get("DependsOn", []))
        for key in stage.get("RouteSettings", {}):
            if routes.get(key) not in before:
                yield name, f"has settings of {key} before there is such a route: add DependsOn"
    if common.get("LoggingConfig", {}).get("ApplicationLogLevel") != "INFO":
        yield "Globals", "loses metrics, which are lines of INFO: set ApplicationLogLevel to it"
    if "VpcConfig" not in common:
        yield "Globals", "functions are outside of the VPC that Subnets names: add VpcConfig"


RULES: Final[tuple[Callable[[Template], Mistakes], ...]] = (
    what_invokes_may,
    functions_reach_what_they_name,
    what_is_kept_ends,
    times_fit,
)
