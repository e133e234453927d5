"""Whether the parts of the template fit each other: who invokes may, who reads has the right, who fails is seen.

cfn-lint takes each of these for a choice. Each rule takes the template as `template_rules` reads it, and gives what is
wrong with each resource.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from fanin.local.sam.built import of_type

type Template = dict[str, Any]
type Mistakes = Iterator[tuple[str, str]]

_FUNCTION: Final = "AWS::Serverless::Function"
_QUEUE: Final = "AWS::SQS::Queue"
_RULE: Final = "AWS::Events::Rule"
_TABLE: Final = "AWS::DynamoDB::Table"
_API: Final = "AWS::ApiGatewayV2::Api"
_ALARM: Final = "AWS::CloudWatch::Alarm"
_WAITING: Final = "ApproximateAgeOfOldestMessage"
_HELD: Final = "ApproximateNumberOfMessagesVisible"

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
WATCHED: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("fanin", "Errors"): ("Function", _FUNCTION),
    ("fanin", "Partial"): ("Function", _FUNCTION),
    ("AWS/Lambda", "Errors"): ("FunctionName", _FUNCTION),
    ("AWS/Lambda", "Throttles"): ("FunctionName", _FUNCTION),
    ("AWS/ApiGateway", "5xx"): ("ApiId", _API),
    ("AWS/ApiGateway", "Latency"): ("ApiId", _API),
    ("AWS/ApiGateway", "ExecutionError"): ("ApiId", _API),
    ("AWS/Events", "FailedInvocations"): ("RuleName", _RULE),
    ("AWS/SQS", _HELD): ("QueueName", _QUEUE),
    ("AWS/SQS", _WAITING): ("QueueName", _QUEUE),
}
"""By namespace and name, a metric's dimension, and the resources that have it."""
CLOSED: Final[Mapping[str, str]] = {"StreamingAuth": "AWS_IAM", "Console": "off", "Allow": "", "Secrets": ""}
"""The defaults of parameters that open something."""
_OPENS: Final = "IsOpenToStreams"
_TOKEN: Final = {"Fn::If": ["HasJwt", "JWT", "NONE"]}
_AUTHORIZER: Final = {"Fn::If": ["HasJwt", {"Ref": "Authorizer"}, {"Ref": "AWS::NoValue"}]}
_LEAST_TRIES: Final = 3


def what_invokes_may(template: Template) -> Mistakes:
    """Each integration and each schedule has the permission to invoke its function."""
    functions = of_type(_FUNCTION, template)
    permissions = [
        (names_in(each["FunctionName"]), names_in(each.get("SourceArn")))
        for each in of_type("AWS::Lambda::Permission", template).values()
        if each["Principal"] != "*"
    ]
    once = [
        name
        for config in of_type("AWS::Lambda::EventInvokeConfig", template).values()
        for name in names_in(config["FunctionName"])
        if config.get("MaximumRetryAttempts") == 0
    ]
    for name, integration in of_type("AWS::ApiGatewayV2::Integration", template).items():
        asked = names_in(integration["IntegrationUri"]) & functions.keys()
        api = names_in(integration["ApiId"])
        if not any(of & asked and (not source or source & api) for of, source in permissions):
            yield name, "may not invoke its function: add an AWS::Lambda::Permission for the API"
    for name, rule in of_type(_RULE, template).items():
        for target in rule["Targets"]:
            asked = names_in(target["Arn"])
            if not any(of & asked and source <= {name} for of, source in permissions):
                yield name, "may not invoke its function: add an AWS::Lambda::Permission for the rule"
            if not asked & set(once):
                yield name, "is tried again when the next one is due: add an EventInvokeConfig without attempts"


def doors_are_closed(template: Template) -> Mistakes:
    """Where JwtIssuer wants tokens, no route passes by; nobody is let in unless a parameter says so."""
    http = {name for name, api in of_type(_API, template).items() if api.get("ProtocolType") == "HTTP"}
    for name, route in of_type("AWS::ApiGatewayV2::Route", template).items():
        asks = (route.get("AuthorizationType"), route.get("AuthorizerId")) == (_TOKEN, _AUTHORIZER)
        if names_in(route["ApiId"]) & http and not route["RouteKey"].startswith("OPTIONS ") and not asks:
            yield name, "passes by JwtIssuer: add AuthorizationType and AuthorizerId, as DefaultRoute has them"
    for name, permission in of_type("AWS::Lambda::Permission", template).items():
        if permission["Principal"] == "*" and template["Resources"][name].get("Condition") != _OPENS:
            yield name, f"lets everybody invoke the function: add Condition: {_OPENS}"
    for name, url in of_type("AWS::Lambda::Url", template).items():
        if url["AuthType"] not in ("AWS_IAM", {"Ref": "StreamingAuth"}):
            yield name, "is open to everybody: take AuthType from StreamingAuth"
    for name, default in CLOSED.items():
        if template["Parameters"].get(name, {}).get("Default", default) != default:
            yield name, f"is open where nobody asked for it: its default is {default!r}"


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


def rights_are_bounded(template: Template) -> Mistakes:
    """No address names a partition, no key opens more than its service asks for, and no client speaks old TLS."""
    for name, resource in template["Resources"].items():
        for text in _texts(resource):
            if "arn:aws:" in text:
                yield name, "names a partition: write arn:${AWS::Partition}"
    for name, role in of_type("AWS::IAM::Role", template).items():
        for statement in _dictionaries(role["Policies"]):
            bound = "kms:ViaService" in str(statement.get("Condition"))
            if "kms:Decrypt" in str(statement.get("Action")) and not bound:
                yield name, "decrypts by itself: bound kms:Decrypt by kms:ViaService"
    for name, domain in of_type("AWS::ApiGatewayV2::DomainName", template).items():
        if any(each.get("SecurityPolicy") != "TLS_1_2" for each in domain["DomainNameConfigurations"]):
            yield name, "takes old TLS: add SecurityPolicy: TLS_1_2"


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
    common = template["Globals"]["Function"]
    for name, integration in of_type("AWS::ApiGatewayV2::Integration", template).items():
        longest = common["Timeout"] * 1000
        if integration["TimeoutInMillis"] not in (longest, longest - 1000):  # a WebSocket API waits for 29 s at most
            yield name, "waits for another time than functions have: change TimeoutInMillis or Timeout"
    routes = {route["RouteKey"]: name for name, route in of_type("AWS::ApiGatewayV2::Route", template).items()}
    for name, stage in of_type("AWS::ApiGatewayV2::Stage", template).items():
        before = template["Resources"][name].get("DependsOn", ())
        for key in stage.get("RouteSettings", {}):
            if routes.get(key) not in ([before] if isinstance(before, str) else before):
                yield name, f"has settings of {key} before there is such a route: add DependsOn"
    if common.get("LoggingConfig", {}).get("ApplicationLogLevel") != "INFO":
        yield "Globals", "loses metrics, which are lines of INFO: set ApplicationLogLevel to it"
    if "VpcConfig" not in common:
        yield "Globals", "functions are outside of the VPC that Subnets names: add VpcConfig"


def alarms_see_what_fails(template: Template) -> Mistakes:
    """Each function has alarms for crashes and throttles, each queue and schedule its own, and each can go off."""
    kinds = {name: resource["Type"] for name, resource in template["Resources"].items()}
    seen: set[tuple[str, str]] = set()
    for name, alarm in of_type(_ALARM, template).items():
        metric = (str(alarm.get("Namespace")), str(alarm.get("MetricName")))
        dimension, kind = WATCHED.get(metric, ("", ""))
        named = [(each["Name"], names_in(each["Value"])) for each in alarm["Dimensions"]]
        resource = min(named[0][1], default="")
        if [each[0] for each in named] != [dimension] or kinds.get(resource) != kind:
            yield name, "looks at a metric that nobody writes: see Namespace, MetricName and Dimensions"
        seen.add((resource, metric[1]))
        if alarm.get("ComparisonOperator") != "GreaterThanThreshold":
            yield name, "goes off when all is well: set ComparisonOperator to GreaterThanThreshold"
        if "TreatMissingData" not in alarm:
            yield name, "does not say what silence means: add TreatMissingData"
        if alarm.get("DatapointsToAlarm", 0) > alarm.get("EvaluationPeriods", 0):
            yield name, "can never go off: DatapointsToAlarm are at most EvaluationPeriods"
        if not alarm.get("AlarmActions"):
            yield name, "tells nobody: add AlarmActions"
        if not alarm.get("OKActions"):
            yield name, "does not say when it is over: add OKActions"
    for name, wanted in _to_be_seen(template):
        if (name, wanted) not in seen:
            yield name, f"has no alarm of {wanted}: add one, and its section in docs/runbook.md"


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
    what_invokes_may,
    doors_are_closed,
    functions_reach_what_they_name,
    rights_are_bounded,
    what_is_kept_ends,
    times_fit,
    alarms_see_what_fails,
)


def names_in(value: Any) -> set[str]:
    """Name the resources and parameters that a value refers to, AWS's own aside."""
    found: set[str] = set()
    for each in _dictionaries(value):
        match each:
            case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]} if not name.startswith("AWS::"):
                found.add(name)
            case {"Fn::Sub": str(text)} | {"Fn::Sub": [str(text), *_]}:
                named = (part.partition("}")[0].partition(".")[0] for part in text.split("${")[1:])
                found |= {name for name in named if not name.startswith(("AWS::", "!"))}
    return found


def _dictionaries(value: Any) -> Iterator[dict[str, Any]]:
    """Give each dictionary in a value."""
    if isinstance(value, dict):
        yield value
    for below in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        yield from _dictionaries(below)


def _texts(value: Any) -> Iterator[str]:
    """Give each text in a value."""
    if isinstance(value, str):
        yield value
    for below in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(below)
