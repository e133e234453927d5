"""Every right that the stack gives, in one table, held against the template as CloudFormation gets it.

A right that is added, widened or left out fails here, also where SAM would add it by itself. What needs a new right has
a new line in the table; that is the place to ask whether it could do with less.
"""

import pytest

from tests.stack.expanded import Expanded, expanded

OURS = "${AWS::Region}:${AWS::AccountId}"


def allow(service: str, operations: str, on: str, only: str = "") -> set[str]:
    """Write rights down.

    Args:
        service: its prefix.
        operations: separated by spaces.
        on: the resource.
        only: the conditions.
    """
    return {f"{service}:{operation} on {on}{f' if {only}' if only else ''}" for operation in operations.split()}


def own_logs(function: str) -> dict[str, set[str]]:
    """Write to the function's log group, which is the template's."""
    return {"write-own-logs": allow("logs", "CreateLogStream PutLogEvents", f"${{{function}Logs.Arn}}")}


KEEP_ANSWERS = {"keep-answers": allow("dynamodb", "GetItem PutItem UpdateItem", "${CacheTable.Arn}")}
LOOK_UP_KEYS = {"look-up-keys": allow("dynamodb", "GetItem", "${KeysTable.Arn}")}
TAKE_TICKETS = {"take-tickets": allow("dynamodb", "DeleteItem", "${CacheTable.Arn}")}
HAND_OVER_TASKS = {"hand-over-tasks": allow("sqs", "SendMessage", "${TasksQueue.Arn}")}
SEND_TRACES = {"send-traces": allow("xray", "PutTraceSegments PutTelemetryRecords", "*")}
JOIN_VPC = {
    "join-vpc": allow(
        "ec2",
        "CreateNetworkInterface DescribeNetworkInterfaces DescribeSubnets DeleteNetworkInterface"
        " AssignPrivateIpAddresses UnassignPrivateIpAddresses",
        "*",
        "Null lambda:SourceFunctionArn true",
    )
}
"""What Lambda does with the role of a function in a VPC, and its code may not."""
USER = "arn:aws:rds-db:eu-west-1:123456789012:dbuser:db-ABCDEFGHIJKL/web"
LOG_IN_TO_DATABASES = {"log-in-to-databases": allow("rds-db", "connect", USER)}
TAKE = "ReceiveMessage DeleteMessage GetQueueAttributes"
"""What an event source mapping does with a queue in the name of the function's role."""

RIGHTS = {
    "GatewayRole": {
        **own_logs("Gateway"),
        **KEEP_ANSWERS,
        **LOOK_UP_KEYS,
        **TAKE_TICKETS,
        **HAND_OVER_TASKS,
        **SEND_TRACES,
        "hand-in-jobs": allow("dynamodb", "GetItem PutItem UpdateItem", "${JobsTable.Arn}")
        | allow("dynamodb", "Query", "${JobsTable.Arn}/index/by-owner")
        | allow("sqs", "SendMessage", "${JobsQueue.Arn}")
        | allow("s3", "GetObject", "${JobsBucket.Arn}/answers/*"),
    },
    "SyncRole": {
        **own_logs("Sync"),
        **LOOK_UP_KEYS,
        **TAKE_TICKETS,
        **SEND_TRACES,
        "count-clients": allow("dynamodb", "GetItem UpdateItem", "${CacheTable.Arn}"),
    },
    "DjangoRole": {**own_logs("Django"), **KEEP_ANSWERS, **LOOK_UP_KEYS, **TAKE_TICKETS, **SEND_TRACES},
    "WorkerRole": {
        **own_logs("Worker"),
        **KEEP_ANSWERS,
        **HAND_OVER_TASKS,
        **SEND_TRACES,
        "look-for-what-is-due": allow("dynamodb", "Query", "${CacheTable.Arn}/index/due"),
        "take-tasks": allow("sqs", TAKE, "${TasksQueue.Arn}"),
    },
    "LiveRole": {
        **own_logs("Live"),
        **KEEP_ANSWERS,
        **LOOK_UP_KEYS,
        **TAKE_TICKETS,
        **HAND_OVER_TASKS,
        **SEND_TRACES,
        "look-at-jobs": allow("dynamodb", "GetItem", "${JobsTable.Arn}"),
        "keep-connections": allow(
            "dynamodb", "GetItem PutItem UpdateItem DeleteItem BatchWriteItem", "${ConnectionsTable.Arn}"
        ),
        "post-to-connections": allow(
            "execute-api",
            "ManageConnections",
            f"arn:${{AWS::Partition}}:execute-api:{OURS}:${{LiveApi}}/live/POST/@connections/*",
        )
        | allow(
            "execute-api",
            "ManageConnections",
            f"arn:${{AWS::Partition}}:execute-api:{OURS}:${{LiveApi}}/live/DELETE/@connections/*",
        ),
        "take-turns": allow("sqs", f"SendMessage {TAKE}", "${TurnsQueue.Arn}"),
    },
    "JobsRole": {
        **own_logs("Jobs"),
        **KEEP_ANSWERS,
        **HAND_OVER_TASKS,
        **SEND_TRACES,
        "run-jobs": allow("dynamodb", "GetItem PutItem UpdateItem", "${JobsTable.Arn}")
        | allow("dynamodb", "Query", "${JobsTable.Arn}/index/overdue")
        | allow("sqs", f"SendMessage {TAKE}", "${JobsQueue.Arn}")
        | allow("sqs", "SendMessage", "${JobsDeadLetterQueue.Arn}")
        | allow("s3", "PutObject", "${JobsBucket.Arn}/answers/*"),
    },
}
"""By role and policy, what every environment's functions may do."""


RELEASE = {
    "move-alias": allow("lambda", "GetAlias UpdateAlias GetProvisionedConcurrencyConfig", "${GatewayFunction.Arn}")
    | allow("lambda", "GetAlias UpdateAlias GetProvisionedConcurrencyConfig", "${GatewayFunction.Arn}:*")
    | allow("cloudwatch", "DescribeAlarms", "*")
}
"""What CodeDeploy may, by ReleaseRole."""


def read_secrets(parameters: str, secrets: str) -> dict[str, set[str]]:
    """Write down what is added where `Secrets` says something.

    Args:
        parameters: what the names of readable parameters begin with.
        secrets: what the names of readable secrets begin with.
    """
    ssm = f"arn:${{AWS::Partition}}:ssm:{OURS}:parameter{parameters}*"
    manager = f"arn:${{AWS::Partition}}:secretsmanager:{OURS}:secret:{secrets}*"
    keys = f"arn:${{AWS::Partition}}:kms:{OURS}:key/*"
    by = (
        "StringEquals kms:ViaService {}.${{AWS::Region}}.${{AWS::URLSuffix}} and StringLike kms:EncryptionContext:{} {}"
    )
    return {
        "read-secrets": allow("ssm", "GetParameters", ssm)
        | allow("secretsmanager", "GetSecretValue", manager)
        | allow("secretsmanager", "BatchGetSecretValue", "*")
        | allow("kms", "Decrypt", keys, by.format("ssm", "PARAMETER_ARN", ssm))
        | allow("kms", "Decrypt", keys, by.format("secretsmanager", "SecretARN", manager))
    }


SECRETS = {
    "": {},
    "ssm:/fanin/prod/": read_secrets("/fanin/prod/", "none/of/them/"),
    "secretsmanager:fanin/prod/": read_secrets("/none/of/them/", "fanin/prod/"),
}
"""What is added to each role, by the parameter `Secrets`."""

TO_EVERYTHING = {
    "xray:PutTraceSegments": "X-Ray has no resources to name",
    "xray:PutTelemetryRecords": "nor here",
    "cloudwatch:DescribeAlarms": "has none to name when it asks for several",
    "secretsmanager:BatchGetSecretValue": "has none to name, and gives only what GetSecretValue may have",
}
"""The rights that name no resource, and why."""

FUNCTIONS = {f"{name}Function": f"{name}Role" for name in ("Gateway", "Sync", "Django", "Worker", "Live", "Jobs")}

HTTP = f"arn:${{AWS::Partition}}:execute-api:{OURS}:${{Api}}/*"
SOCKET = f"arn:${{AWS::Partition}}:execute-api:{OURS}:${{LiveApi}}/live/"
INVOKERS = {
    "GatewayFunction": {f"apigateway.amazonaws.com for {HTTP}"},
    "SyncFunction": {f"apigateway.amazonaws.com for {HTTP}"},
    "DjangoFunction": {f"apigateway.amazonaws.com for {HTTP}"},
    "WorkerFunction": {"events.amazonaws.com for ${MinuteRule.Arn}"},
    "LiveFunction": {
        f"apigateway.amazonaws.com for {SOCKET}{route}" for route in ("$connect", "$default", "$disconnect")
    },
    "JobsFunction": {"events.amazonaws.com for ${JobsMinuteRule.Arn}"},
}
"""Who may invoke each function, and for what of theirs."""


ON: dict[str, str] = {}
SWITCHED: tuple[dict[str, str], ...] = (
    ON,
    {"Streaming": "on"},
    {"Database": "on"},
    {"Contrast": "off"},
    {"Jobs": "off"},
    {"WebSocket": "off"},
    {"Alarms": "off"},
    {"Contrast": "off", "Jobs": "off", "WebSocket": "off", "Alarms": "off"},
)
"""What environments switch off, with the parameters."""
LOST = {
    "Contrast": {("SyncRole", ""), ("DjangoRole", "")},
    "Jobs": {("JobsRole", ""), ("GatewayRole", "hand-in-jobs"), ("LiveRole", "look-at-jobs")},
    "WebSocket": {("LiveRole", "")},
    "Streaming": set(),
    "Database": set(),
    "Alarms": set(),
}
"""The rights that go with each switch, by role and policy; all of a role without a policy."""


def rights_with(parameters: dict[str, str]) -> dict[str, dict[str, set[str]]]:
    """Give the table without what is switched off."""
    lost = {right for switch in parameters for right in LOST[switch]}
    return {
        role: {policy: rights for policy, rights in policies.items() if (role, policy) not in lost}
        for role, policies in RIGHTS.items()
        if (role, "") not in lost
    }


@pytest.fixture(scope="module")
def template() -> Expanded:
    return expanded()


@pytest.fixture(params=SWITCHED, ids=" ".join)
def parameters(request: pytest.FixtureRequest) -> dict[str, str]:
    given: dict[str, str] = request.param
    return given


@pytest.mark.parametrize("secrets", SECRETS)
def test_each_role_has_the_rights_of_the_table(template: Expanded, parameters: dict[str, str], secrets: str) -> None:
    stack, table = template.with_parameters(Secrets=secrets, **parameters), rights_with(parameters)
    assert stack.of_type("AWS::IAM::Role").keys() == table.keys() | {"ReleaseRole"}
    assert stack.rights("ReleaseRole") == RELEASE
    for role, policies in table.items():
        wanted, given = policies | SECRETS[secrets], stack.rights(role)
        assert given.keys() == wanted.keys(), role
        for policy, rights in wanted.items():
            assert given[policy] == rights, f"{role}, {policy}"


def test_in_a_vpc_each_role_lets_lambda_connect_the_function_and_nothing_else_is_added(template: Expanded) -> None:
    vpc = {"Subnets": "subnet-1,subnet-2", "SecurityGroups": "sg-1"}
    stack = template.with_parameters(**vpc)
    for role, policies in RIGHTS.items():
        assert stack.rights(role) == policies | JOIN_VPC
    for function in stack.of_type("AWS::Lambda::Function").values():
        assert stack.chosen(function)["VpcConfig"] == {
            "SubnetIds": {"Ref": "Subnets"},
            "SecurityGroupIds": {"Ref": "SecurityGroups"},
        }
        assert "VpcConfig" not in template.chosen(function)


def test_functions_log_in_to_databases_as_the_users_that_are_named_where_there_are_databases(
    template: Expanded,
) -> None:
    for switch, added in (("on", LOG_IN_TO_DATABASES), ("off", {})):
        stack = template.with_parameters(Database=switch, DatabaseUsers=USER)
        assert all(stack.rights(role) == policies | added for role, policies in RIGHTS.items())
        assert "log-in-to-databases" not in template.with_parameters(Database=switch).rights("GatewayRole")


def test_each_function_has_a_role_of_its_own_which_none_but_lambda_takes(template: Expanded) -> None:
    functions = template.of_type("AWS::Lambda::Function")
    assert {name: template.text(function["Role"]) for name, function in functions.items()} == {
        name: f"${{{role}.Arn}}" for name, role in FUNCTIONS.items()
    }
    for name, role in template.of_type("AWS::IAM::Role").items():
        assert template.chosen(role).keys() == {"AssumeRolePolicyDocument", "Policies"}
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        taken_by = {"Service": "codedeploy.amazonaws.com" if name == "ReleaseRole" else "lambda.amazonaws.com"}
        assert statement == {"Effect": "Allow", "Principal": taken_by, "Action": "sts:AssumeRole"}


def test_every_role_is_bounded_where_the_account_asks_for_it(template: Expanded) -> None:
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    stack = template.with_parameters(PermissionsBoundary=boundary)
    roles = stack.of_type("AWS::IAM::Role")
    assert {name: stack.text(stack.chosen(role)["PermissionsBoundary"]) for name, role in roles.items()} == (
        dict.fromkeys(roles, boundary)
    )


def test_who_knows_the_table_may_use_it_and_who_knows_the_queue_hands_tasks_over(
    template: Expanded,
) -> None:
    for name, function in template.of_type("AWS::Lambda::Function").items():
        known, policies = function["Environment"]["Variables"].keys(), RIGHTS[FUNCTIONS[name]].keys()
        assert ("FANIN_TABLE" in known, "FANIN_QUEUE" in known) == (
            bool({"keep-answers", "count-clients"} & policies),
            "hand-over-tasks" in policies,
        )


def test_a_right_names_its_operation_and_its_resource() -> None:
    rights = [
        right
        for policies in (*RIGHTS.values(), RELEASE)
        for rights in (policies | read_secrets("", "")).values()
        for right in rights
    ]
    assert not [right for right in rights if "*" in right.partition(" on ")[0]]
    assert {right.partition(" on ")[0] for right in rights if right.endswith(" on *")} == TO_EVERYTHING.keys()


def test_each_function_is_invoked_by_what_it_serves_alone(template: Expanded, parameters: dict[str, str]) -> None:
    stack = template.with_parameters(**parameters)
    permissions = stack.of_type("AWS::Lambda::Permission").values()
    assert all("*" not in permission["Principal"] for permission in permissions)
    given: dict[str, set[str]] = {}
    for permission in permissions:
        assert permission.keys() == {"FunctionName", "Action", "Principal", "SourceArn"}
        assert permission["Action"] == "lambda:InvokeFunction"
        function = (
            stack.text(stack.chosen(permission["FunctionName"])).removeprefix("${").partition(".")[0].removesuffix("}")
        )
        given.setdefault(function, set()).add(f"{permission['Principal']} for {template.text(permission['SourceArn'])}")
    assert given == {
        function: invokers for function, invokers in INVOKERS.items() if FUNCTIONS[function] in rights_with(parameters)
    }


def test_everybody_may_ask_the_gateways_url_only_where_its_auth_is_none(template: Expanded) -> None:
    """By both permissions that AWS wants for it, and by no other way."""
    stack = template.with_parameters(Streaming="on", StreamingAuth="NONE")
    open_to_all = [each for each in stack.of_type("AWS::Lambda::Permission").values() if each["Principal"] == "*"]
    gateway = {"FunctionName": {"Ref": "GatewayFunction"}, "Principal": "*"}
    assert open_to_all == [
        {**gateway, "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
        {**gateway, "Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True},
    ]
    assert not any(
        each["Principal"] == "*"
        for streaming in ("on", "off")
        for each in template.with_parameters(Streaming=streaming).of_type("AWS::Lambda::Permission").values()
    )


def test_rights_are_given_nowhere_else(template: Expanded) -> None:
    """Not by the policy of a queue, bucket, key, table or layer, nor by any further resource of IAM's."""
    elsewhere = [where for where in template.statements() if where.split("/")[1] not in {*RIGHTS, "ReleaseRole"}]
    assert elsewhere == []
    assert template.giving() == {"AWS::IAM::Role", "AWS::Lambda::Permission"}
    streaming = template.with_parameters(Streaming="on")
    assert streaming.giving() - template.giving() == {"AWS::Lambda::Url"}
