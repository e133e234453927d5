"""What roles and policies of the template may allow: named actions on named resources, to who needs them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from fanin.local.sam.built import of_type
from fanin.local.sam.template_reading import Mistakes, Template, dictionaries, listed, names_in, texts

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
SERVICES: Final = frozenset(("lambda.amazonaws.com", "codedeploy.amazonaws.com"))
"""Services that work with a role of the template."""
_ROLE: Final = "AWS::IAM::Role"
_BY_URL: Final = frozenset(("FunctionUrlAuthType", "InvokedViaFunctionUrl"))
_ALL_BUT: Final = frozenset(("NotAction", "NotResource", "NotPrincipal"))
_BOUNDS_OF_KEYS: Final = ("kms:ViaService", "kms:EncryptionContext:")
_EVERYBODY: Final = ("*", {"AWS": "*"}, {"AWS": ["*"]})


def roles_name_actions_and_resources(template: Template) -> Mistakes:
    """A role allows named actions on named resources."""
    for name, role in of_type(_ROLE, template).items():
        for statement in _statements(role["Policies"]):
            actions, resources = listed(statement.get("Action", ())), listed(statement.get("Resource", ()))
            if wide := [action for action in actions if "*" in action]:
                yield name, f"allows {wide[0]}: name each action"
            if "*" in resources and (wide := sorted(set(actions) - UNNAMED)):
                yield name, f"allows {wide[0]} on everything: name the resource"
            if any(_of_a_kind(resource) for resource in resources) and not _is_bounded(statement):
                yield name, f"allows {actions[0]} on all of a kind: name the resource"


def _of_a_kind(resource: Any) -> bool:
    """Whether it stands for many things, none of which belongs to the stack or is a parameter's."""
    return resource != "*" and not names_in(resource) and any("*" in text for text in texts(resource))


def _is_bounded(statement: Mapping[str, Any]) -> bool:
    return all(bound in str(statement.get("Condition")) for bound in _BOUNDS_OF_KEYS)


def rights_stand_in_roles(template: Template) -> Mistakes:
    """A role's rights are all in its own policies, as what they allow; nothing beside it gives it more."""
    for name, role in of_type(_ROLE, template).items():
        if "ManagedPolicyArns" in role:
            yield name, "has rights that are not written here: name each in its Policies, not in ManagedPolicyArns"
    for name, resource in template["Resources"].items():
        if resource["Type"].startswith("AWS::IAM::") and resource["Type"] != _ROLE:
            yield name, "gives rights beside the roles: write them into the Policies of a role"
        for statement in _statements(resource.get("Properties")):
            if statement["Effect"] == "Allow" and (without := sorted(_ALL_BUT & statement.keys())):
                yield name, f"allows all but what it names: write {without[0].removeprefix('Not')} for {without[0]}"
            open_to_all = statement.get("Principal") in _EVERYBODY and "Condition" not in statement
            if resource["Type"] != _ROLE and statement["Effect"] == "Allow" and open_to_all:
                yield name, "lets everybody in: name who, or add a Condition"


def roles_are_a_services(template: Template) -> Mistakes:
    """A service that needs it takes a role, and nobody else does."""
    for name, role in of_type(_ROLE, template).items():
        for statement in role["AssumeRolePolicyDocument"]["Statement"]:
            principal = statement["Principal"]
            if not isinstance(principal, dict) or principal.keys() != {"Service"}:
                yield name, "can be taken by others than a service: name the service in its Principal"
            elif other := sorted({*listed(principal["Service"])} - SERVICES):
                yield name, f"can be taken by {other[0]}, which runs nothing here: name the service that needs it"
        if "PermissionsBoundary" not in role:
            yield name, "has no boundary: add `PermissionsBoundary: *boundary`"


def permissions_name_what_invokes(template: Template) -> Mistakes:
    """Only this stack's APIs and rules invoke a function, and the function's own URL, which has no ARN to name."""
    for name, permission in of_type("AWS::Lambda::Permission", template).items():
        if not names_in(permission.get("SourceArn")) and not permission.keys() & _BY_URL:
            yield name, "lets any account's API invoke the function: add SourceArn, and name the API or rule in it"


def rights_are_bounded(template: Template) -> Mistakes:
    """No address names a partition, no key opens more than its service asks for, and no client speaks old TLS."""
    for name, resource in template["Resources"].items():
        for text in texts(resource):
            if "arn:aws:" in text:
                yield name, "names a partition: write arn:${AWS::Partition}"
    for name, role in of_type(_ROLE, template).items():
        for statement in dictionaries(role["Policies"]):
            if "kms:Decrypt" in str(statement.get("Action")) and not _is_bounded(statement):
                yield name, "decrypts by itself: bound kms:Decrypt by kms:ViaService and kms:EncryptionContext"
    for name, domain in of_type("AWS::ApiGatewayV2::DomainName", template).items():
        if any(each.get("SecurityPolicy") != "TLS_1_2" for each in domain["DomainNameConfigurations"]):
            yield name, "takes old TLS: add SecurityPolicy: TLS_1_2"


RULES: Final[tuple[Callable[[Template], Mistakes], ...]] = (
    roles_name_actions_and_resources,
    rights_stand_in_roles,
    roles_are_a_services,
    permissions_name_what_invokes,
    rights_are_bounded,
)


def _statements(value: Any) -> Iterator[dict[str, Any]]:
    """Give each statement of policies, also of those that a condition takes away."""
    yield from (each for each in dictionaries(value) if isinstance(each.get("Effect"), str))
