"""With parts switched off the template is still whole, keeps all that is recorded, and bounds what is left."""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pytest
import yaml

from fanin.local.layout import ROOT, TEMPLATE
from fanin.local.process.console import Problem
from fanin.local.sam import built, environments, parts
from tests.stack.expanded import Expanded, each_expanded, expanded

ON = sorted(parts.SWITCHES.keys() - parts.OFF_BY_DEFAULT)
SWITCHED = [
    *(
        dict.fromkeys(switches, "off")
        for number in (0, 1, len(ON) - 1, len(ON))
        for switches in itertools.combinations(ON, number)
    ),
    {"Release": "on"},
    {"Streaming": "on"},
    {"Database": "on"},
    {"Release": "on", "Alarms": "off"},
]
"""What is off: nothing, one switch, all but one, or everything; and what is on otherwise."""
GONE = {
    "Contrast": {"SyncFunction", "DjangoFunction", "SyncLayer", "DjangoLayer", "SyncLogs", "DjangoLogs"},
    "Jobs": {"JobsFunction", "JobsLogs", "JobsMessages", "JobsMinuteRule"},
    "WebSocket": {"LiveFunction", "LiveLogs", "LiveApi", "LiveApiliveStage", "TurnsMapping"},
    "Streaming": {"StreamUrl"},
    "Database": {"DatabaseLayer"},
    "Alarms": {"OwnAlarmTopic", "GatewayErrorsAlarm", "ApiLatencyAlarm", "TasksDeadLettersAlarm", "Dashboard"},
}
"""Some of what is not there with each switch off."""
RELEASE = re.compile(
    "ReleaseRole|GatewayFunctionAliaslive|GatewayFunctionVersion.*|ServerlessDeploymentApplication|.*Group"
)
"""What Release switches: SAM gives it no condition, so it is there unless it is cut out, and nothing refers to it."""
_WRAPPER = ROOT / "src/fanin/entrypoints/runtime/fanin-runtime"
_RUNTIME = {"AWS_LAMBDA_EXEC_WRAPPER", "FANIN_STREAM"}
_VERSIONS = re.compile(r"GatewayFunctionVersion[0-9a-f]{10}")
_LAYERS = re.compile(r"(?<=Layer)[0-9a-f]{10}$")
STATE = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue")
JWT = {"JwtIssuer": "https://id.example", "JwtAudience": "shop,app"}
OPEN = {"StreamingAuth": "NONE"}
USERS = {"DatabaseUsers": "arn:aws:rds-db:eu-west-1:123456789012:dbuser:db-ABCDEFGHIJKL/web"}


@pytest.fixture(scope="module")
def template() -> Expanded:
    return expanded()


@pytest.fixture(
    scope="module",
    params=SWITCHED,
    ids=lambda off: " ".join(f"{name}-{value}" for name, value in off.items()) or "nothing",
)
def off(request: pytest.FixtureRequest) -> dict[str, str]:
    given: dict[str, str] = request.param
    return given


@pytest.fixture(scope="module")
def cuts() -> dict[tuple[str, ...], Expanded]:
    """The template as it is built for each choice."""
    texts = [parts.without(TEMPLATE.read_text(), parts.switched_off(off)) for off in SWITCHED]
    return dict(zip(map(tuple, SWITCHED), each_expanded(*texts), strict=True))


@pytest.fixture(scope="module")
def cut(off: dict[str, str], cuts: dict[tuple[str, ...], Expanded]) -> Expanded:
    """The template as it is built where this is off."""
    return cuts[tuple(off)]


def test_what_is_off_is_not_there_and_nothing_refers_to_it(template: Expanded, off: dict[str, str]) -> None:
    for more in ({}, JWT, OPEN, USERS):
        stack = template.with_parameters(**off, **more)
        assert stack.dangling() == set()
        for switch, gone in GONE.items():
            said = off.get(switch, "off" if switch in parts.OFF_BY_DEFAULT else "on")
            assert bool(gone & {_LAYERS.sub("", name) for name in stack.resources}) == (said == "on")


def test_what_is_built_is_what_the_conditions_leave(template: Expanded, cut: Expanded, off: dict[str, str]) -> None:
    """With the same properties: so it makes no difference which of both is deployed."""
    for more in ({}, JWT, OPEN, USERS):
        of_conditions, cut_out = template.with_parameters(**off, **more), cut.with_parameters(**off, **more)
        assert cut_out.dangling() == set()
        wanted, given = _all_said(of_conditions), _all_said(cut_out)
        assert given.keys() == {name for name in wanted if "Release" in off or not RELEASE.fullmatch(name)}
        for name, said in given.items():
            assert said == wanted[name], name


def test_what_is_off_unless_it_is_said_is_off_by_default() -> None:
    said = {switch for switch in parts.SWITCHES if _defaults()[switch] == "off"}
    assert said == parts.OFF_BY_DEFAULT
    assert parts.switched_off({}) == {name for switch in said for name in parts.SWITCHES[switch]}


class TestStreaming:
    """The function URL, and the runtime that it takes."""

    @pytest.mark.parametrize("switch", ["on", "off"])
    def test_url_runtime_and_variable_come_and_go_together(self, template: Expanded, switch: str) -> None:
        stack = template.with_parameters(Streaming=switch)
        gateway = stack.chosen(stack.of_type("AWS::Lambda::Function")["GatewayFunction"])
        known = gateway["Environment"]["Variables"]
        wrapper, doors = known.get("AWS_LAMBDA_EXEC_WRAPPER"), known.get("FANIN_STREAM")
        urls = [url["InvokeMode"] for url in stack.of_type("AWS::Lambda::Url").values()]
        streams = (["RESPONSE_STREAM"], f"/opt/{_WRAPPER.name}", "url")
        assert (urls, wrapper, doors) == (streams if switch == "on" else ([], None, None))

    def test_no_other_function_has_the_runtime(self, template: Expanded) -> None:
        functions = template.with_parameters(Streaming="on").of_type("AWS::Lambda::Function")
        having = {name for name, each in functions.items() if _RUNTIME & each["Environment"]["Variables"].keys()}
        assert having == {"GatewayFunction"}

    def test_the_url_is_for_signed_requests_unless_it_is_said(self, template: Expanded) -> None:
        for parameters, wanted in (({}, "AWS_IAM"), (OPEN, "NONE")):
            stack = template.with_parameters(Streaming="on", **{"StreamingAuth": "AWS_IAM", **parameters})
            assert [stack.text(url["AuthType"]) for url in stack.of_type("AWS::Lambda::Url").values()] == [wanted]
        assert _defaults()["StreamingAuth"] == "AWS_IAM"

    def test_an_issuer_goes_with_no_open_url(self) -> None:
        content = yaml.load(TEMPLATE.read_text(), _Loose)
        (assertion,) = content["Rules"]["JwtIsAskedOfStreams"]["Assertions"]
        assert assertion["Assert"] == {"Equals": [{"Ref": "StreamingAuth"}, "AWS_IAM"]}

    def test_the_rest_api_of_the_docs_streams(self) -> None:
        found = re.search(
            r"^```yaml\n( +Events:.+?)```", (ROOT / "docs/deploying.md").read_text(), re.DOTALL | re.MULTILINE
        )
        assert found
        role = "      Role: !GetAtt GatewayRole.Arn\n"
        (with_it,) = each_expanded(TEMPLATE.read_text().replace(role, found[1] + role))
        (api,) = with_it.of_type("AWS::ApiGateway::RestApi").values()
        (path,) = api["Body"]["paths"].values()
        integration = path["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"]
        assert integration["responseTransferMode"] == "STREAM"


class TestDatabase:
    """The drivers, in a layer of their own."""

    @pytest.mark.parametrize("switch", ["on", "off"])
    def test_every_function_has_them_only_where_it_is_said(self, template: Expanded, switch: str) -> None:
        stack = template.with_parameters(Database=switch)
        functions = stack.of_type("AWS::Lambda::Function")
        layers = {name: stack.chosen(function)["Layers"] for name, function in functions.items()}
        having = {name for name, given in layers.items() if any("DatabaseLayer" in layer["Ref"] for layer in given)}
        assert (having, {len(given) for given in layers.values()}) == (
            (functions.keys(), {3}) if switch == "on" else (set(), {2})
        )

    def test_what_is_built_with_them_has_them_among_its_layers(self) -> None:
        drivers = {"Fn::If": ["HasDatabase", {"Ref": "DatabaseLayer"}, {"Ref": "AWS::NoValue"}]}
        elsewhere = {"Fn::If": ["HasCollectorLayer", {"Ref": "CollectorLayer"}, {"Ref": "AWS::NoValue"}]}
        given = {"Layers": [{"Ref": "FaninLayer"}, elsewhere, drivers]}
        content = {"Parameters": {"CollectorLayer": {"Type": "String"}}}
        assert built.layers(given, content) == ("FaninLayer", "DatabaseLayer")

    def test_a_template_without_the_part_is_built_as_it_is(self) -> None:
        bare = parts.without(TEMPLATE.read_text(), ["database", "database-kept", "release"])
        assert parts.built(bare, {"Streaming": "on"}) == bare


def test_all_that_keeps_something_is_there_whatever_is_off(template: Expanded, off: dict[str, str]) -> None:
    """With the same properties: CloudFormation then neither deletes nor replaces it."""
    stack = template.with_parameters(**off)
    for kind in STATE:
        assert stack.of_type(kind) == template.of_type(kind) != {}


def test_tables_and_buckets_stay_when_they_leave_a_stack(template: Expanded) -> None:
    for name in [*template.of_type("AWS::DynamoDB::Table"), *template.of_type("AWS::S3::Bucket")]:
        resource = template.resources[name]
        kept = (resource["DeletionPolicy"], resource["UpdateReplacePolicy"])
        assert kept == ("RetainExceptOnCreate", "Retain"), name


@pytest.mark.parametrize("name", ["local", "dev", "prod"])
def test_models_for_contrast_are_off_in_prod_threads_among_them(template: Expanded, name: str) -> None:
    stack = template.with_parameters(**{"Contrast": "on", **environments.read(name).parameters})
    gateway = stack.chosen(stack.of_type("AWS::Lambda::Function")["GatewayFunction"])
    threads = stack.text(gateway["Environment"]["Variables"]["FANIN_THREADS"])
    there = {key.split("/")[1] for key in _routes(stack) if "/" in key}
    contrast = {"sync", "sync-threads", "django"}
    assert (threads, there & contrast) == (("off", set()) if name == "prod" else ("on", contrast))


def test_a_gateway_without_jobs_knows_no_place_for_them(template: Expanded) -> None:
    stack = template.with_parameters(Jobs="off")
    for function in stack.of_type("AWS::Lambda::Function").values():
        variables = stack.chosen(function["Environment"]["Variables"])
        assert {stack.text(value) for name, value in variables.items() if name.startswith("FANIN_JOBS")} <= {""}


def test_every_stage_is_throttled_and_what_costs_most_by_itself(template: Expanded) -> None:
    given = {"Rate": "7", "Burst": "8", "JobsRate": "1", "JobsBurst": "2"}
    given |= {"LiveRate": "5", "LiveBurst": "6", "ConnectRate": "3", "ConnectBurst": "4"}
    stages = template.of_type("AWS::ApiGatewayV2::Stage")
    bounds = {
        (name, route): (given[bound["ThrottlingRateLimit"]["Ref"]], given[bound["ThrottlingBurstLimit"]["Ref"]])
        for name, stage in stages.items()
        for route, bound in {"": stage["DefaultRouteSettings"], **stage["RouteSettings"]}.items()
    }
    assert bounds == {
        ("Stage", ""): ("7", "8"),
        ("Stage", "POST /jobs"): ("1", "2"),
        ("LiveApiliveStage", ""): ("5", "6"),
        ("LiveApiliveStage", "$connect"): ("3", "4"),
    }
    assert len(set(bounds.values())) == 4


def test_a_stage_comes_after_the_routes_of_its_settings(template: Expanded) -> None:
    """API Gateway refuses settings of a route that is not there."""
    for name, stage in template.of_type("AWS::ApiGatewayV2::Stage").items():
        after = template.resources[name]["DependsOn"]
        keys = {
            template.of_type("AWS::ApiGatewayV2::Route")[route]["RouteKey"]
            for route in ([after] if isinstance(after, str) else after)
        }
        assert stage["RouteSettings"].keys() <= keys


def test_handing_in_a_job_is_throttled_well_below_the_rest() -> None:
    for name in ("local", "dev", "prod"):
        parameters = {**_defaults(), **environments.read(name).parameters}
        for bound in ("Rate", "Burst"):
            assert float(parameters[f"Jobs{bound}"]) * 10 <= float(parameters[bound])
            assert float(parameters[f"Connect{bound}"]) < float(parameters[f"Live{bound}"])


@pytest.mark.parametrize(("given", "bound"), [({}, None), ({"": "-1"}, None), ({"": "0"}, "0"), ({"": "25"}, "25")])
def test_each_function_has_the_environments_that_are_reserved_for_it(
    template: Expanded, given: dict[str, str], bound: str | None
) -> None:
    parameters = [name for name in _defaults() if name.endswith("Concurrency")]
    stack = template.with_parameters(**{name: value for name in parameters for value in given.values()})
    for name, function in stack.of_type("AWS::Lambda::Function").items():
        reserved = stack.chosen(function).get("ReservedConcurrentExecutions")
        assert (None if reserved is None else stack.text(reserved)) == bound, name


def test_the_docs_have_every_parameter_with_its_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \|", (ROOT / "docs/deploying.md").read_text(), re.MULTILINE)
    said = {name: default.strip("`").replace("empty", "") for name, default in rows if default != "|"}
    assert {name: said.get(name) for name in _defaults()} == _defaults()
    assert {name for name in said if name not in _defaults()} == set()


class TestAuthorizer:
    """API Gateway's own, in front of the functions."""

    def test_there_is_none_unless_an_issuer_is_named(self, template: Expanded) -> None:
        assert template.of_type("AWS::ApiGatewayV2::Authorizer") == {}
        assert {route.get("AuthorizationType", "NONE") for route in _routes(template).values()} == {"NONE"}
        assert all("AuthorizerId" not in route for route in _routes(template).values())

    def test_every_route_but_those_of_options_asks_for_a_token(self, template: Expanded, off: dict[str, str]) -> None:
        stack = template.with_parameters(**JWT, **off)
        (authorizer,) = stack.of_type("AWS::ApiGatewayV2::Authorizer").values()
        assert authorizer["AuthorizerType"] == "JWT"
        routes = _routes(stack)
        asking = {key for key, route in routes.items() if route.get("AuthorizationType") == "JWT"}
        assert asking == {key for key in routes if not key.startswith("OPTIONS ")}
        assert all(routes[key]["AuthorizerId"] == {"Ref": "Authorizer"} for key in asking)

    def test_a_preflight_of_each_path_goes_where_its_requests_go(self, template: Expanded, off: dict[str, str]) -> None:
        """The route of a method goes before that of any method, on the same path."""
        routes = _routes(template.with_parameters(**JWT, **off))
        for key, route in routes.items():
            if key.startswith("ANY "):
                assert routes[key.replace("ANY ", "OPTIONS ")]["Target"] == route["Target"]
        assert routes["OPTIONS /"]["Target"] == routes["OPTIONS /{proxy+}"]["Target"] == routes["$default"]["Target"]


class TestText:
    """The function that cuts a template."""

    TEXT = "a:\n  # --- PART: x\n  b: 1\n  # --- PART: y\n  c: 2\n  # --- END: y\n  # --- END: x\n  d: 3\n"

    @pytest.mark.parametrize(
        ("gone", "left"),
        [((), "bcd"), (("x",), "d"), (("y",), "bd"), (("x", "y"), "d")],
    )
    def test_a_part_goes_with_those_in_it(self, gone: tuple[str, ...], left: str) -> None:
        assert "".join(yaml.safe_load(parts.without(self.TEXT, gone))["a"]) == left

    def test_without_nothing_is_the_same(self) -> None:
        assert parts.without(TEMPLATE.read_text(), ()) == TEMPLATE.read_text()

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("# --- PART: x\n", "'x' of the template has no end"),
            ("a: 1\n# --- END: x\n", "line 2 of the template ends the part 'x'"),
            ("# --- PART: x\n# --- PART: y\n# --- END: x\n# --- END: y\n", "line 3"),
            ("a: 1\n", "no part 'x'"),
        ],
    )
    def test_a_template_with_other_marks_is_refused(self, text: str, said: str) -> None:
        with pytest.raises(Problem, match=said):
            parts.without(text, ["x"])

    def test_nothing_of_a_part_is_left_once_it_goes_for_good(self) -> None:
        """As in a project that is made without it: no resource, parameter, condition or output."""
        names = set(re.findall(r"# --- PART: ([a-z-]+)", TEMPLATE.read_text()))
        assert names >= {name for names in parts.SWITCHES.values() for name in names}
        left = parts.without(TEMPLATE.read_text(), names)
        assert re.findall("PART:.*", left) == ["PART: name` and `END: name` where a switch is off, since SAM builds a"]
        assert each_expanded(left)[0].dangling() == set()
        content: dict[str, Any] = yaml.load(left, _Loose)
        used = set(re.findall(r"!Ref (\w+)|\$\{(\w+)\}", left))
        assert content["Parameters"].keys() <= {name for pair in used for name in pair}
        assert set(_conditions(content)) >= content["Conditions"].keys()


def _all_said(stack: Expanded) -> dict[str, dict[str, Any]]:
    """Give each resource's properties; an empty one, as SAM makes of no alarms, says nothing.

    A version's name has a hash of how its function is written.
    """
    written = {name: stack.chosen(resource["Properties"]) for name, resource in stack.resources.items()}
    said: dict[str, dict[str, Any]] = json.loads(_VERSIONS.sub("GatewayFunctionVersion", json.dumps(written)))
    return {name: {key: value for key, value in given.items() if value != {}} for name, given in said.items()}


class _Loose(yaml.CSafeLoader):
    """Reads CloudFormation's tags as what they stand before; conditions as a mapping."""


def _loose(loader: yaml.CSafeLoader, tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return {tag: loader.construct_scalar(node)}
    assert isinstance(node, yaml.SequenceNode)
    return {tag: loader.construct_sequence(node, deep=True)}


_Loose.add_multi_constructor("!", _loose)


def _conditions(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(condition := value.get("Condition"), str):
            yield condition
        if "If" in value:
            yield value["If"][0]
        for below in value.values():
            yield from _conditions(below)
    elif isinstance(value, list):
        for below in value:
            yield from _conditions(below)


def _routes(stack: Expanded) -> dict[str, dict[str, Any]]:
    """Give the HTTP API's routes by their keys."""
    routes = stack.of_type("AWS::ApiGatewayV2::Route").values()
    return {each["RouteKey"]: stack.chosen(each) for each in routes if each["ApiId"] == {"Ref": "Api"}}


@cache
def _defaults() -> Mapping[str, str]:
    content = yaml.load(TEMPLATE.read_text(), _Loose)
    return {name: str(parameter["Default"]) for name, parameter in content["Parameters"].items()}
