"""The ways into the stack: who is let in, how often, and what is written down of it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from fanin.local.sam.built import of_type
from fanin.local.sam.template_reading import Mistakes, Template, names_in

_API: Final = "AWS::ApiGatewayV2::Api"
_ROUTE: Final = "AWS::ApiGatewayV2::Route"
_STAGE: Final = "AWS::ApiGatewayV2::Stage"
CLOSED: Final[Mapping[str, str]] = {"StreamingAuth": "AWS_IAM", "Console": "off", "Allow": "", "Secrets": ""}
"""The defaults of parameters that open something."""
THROTTLED: Final[Mapping[str, tuple[str, str]]] = {
    "POST /jobs": ("JobsRate", "JobsBurst"),
    "$connect": ("ConnectRate", "ConnectBurst"),
}
"""Routes that cost the most, with the parameters of their own bounds."""
_BOUNDS: Final = ("ThrottlingRateLimit", "ThrottlingBurstLimit")
_OPENS: Final = "IsOpenToStreams"
_TOKEN: Final = {"Fn::If": ["HasJwt", "JWT", "NONE"]}
_AUTHORIZER: Final = {"Fn::If": ["HasJwt", {"Ref": "Authorizer"}, {"Ref": "AWS::NoValue"}]}
_HAS_AUDIENCE: Final = {"Fn::Not": [{"Fn::Equals": [{"Ref": "JwtAudience"}, ""]}]}
_OPTIONS: Final = "OPTIONS "
_OF_ALL: Final = ("/", "/{proxy+}")


def doors_are_closed(template: Template) -> Mistakes:
    """Where JwtIssuer wants tokens, no route passes by; nobody is let in unless a parameter says so."""
    for name, route in _http_routes(template).items():
        asks = (route.get("AuthorizationType"), route.get("AuthorizerId")) == (_TOKEN, _AUTHORIZER)
        if not route["RouteKey"].startswith(_OPTIONS) and not asks and _has_authorizer(template):
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


def tokens_are_for_this_api(template: Template) -> Mistakes:
    """The authorizer reads tokens where clients send them, and takes those of this issuer for this audience only."""
    for name, authorizer in of_type("AWS::ApiGatewayV2::Authorizer", template).items():
        if authorizer.get("IdentitySource") != ["$request.header.Authorization"]:
            yield name, "looks for tokens elsewhere than in Authorization: set IdentitySource to that header"
        if not {"JwtIssuer", "JwtAudience"} <= names_in(authorizer.get("JwtConfiguration")):
            yield name, "takes tokens for others: name JwtIssuer and JwtAudience in JwtConfiguration"
        assertions = [each["Assert"] for rule in template.get("Rules", {}).values() for each in rule["Assertions"]]
        if _HAS_AUDIENCE not in assertions:
            yield name, "is there without JwtAudience: assert in Rules that this is not empty"


def preflights_reach_the_functions(template: Template) -> Mistakes:
    """Browsers send preflights without a token, and the functions answer them: no API does."""
    for name, api in of_type(_API, template).items():
        if "CorsConfiguration" in api:
            yield name, "answers preflights itself: take CorsConfiguration away, and write [cors] into fanin.toml"
    routes = _http_routes(template)
    taken = {(route["RouteKey"], str(route["Target"])) for route in routes.values()}
    for name, route in routes.items():
        if route["RouteKey"].startswith(_OPTIONS):
            if route.get("AuthorizationType", "NONE") != "NONE":
                yield name, "wants a token of preflights, which have none: take AuthorizationType away"
            continue
        method, _, path = route["RouteKey"].partition(" ")
        if method == "ANY" or not path:
            missing = [p for p in ([path] if path else _OF_ALL) if (_OPTIONS + p, str(route["Target"])) not in taken]
            if missing and _has_authorizer(template):
                yield name, f"wants a token of preflights: add a route for OPTIONS {missing[0]} to the same Target"


def stages_are_throttled_and_logged(template: Template) -> Mistakes:
    """Each API has a bound for all clients together, and a log of its own that says who asked."""
    routes = of_type(_ROUTE, template)
    functions = of_type("AWS::Serverless::Function", template).values()
    logs = set[str]().union(*(names_in(each.get("LoggingConfig")) for each in functions))
    for name, stage in of_type(_STAGE, template).items():
        if not {*_BOUNDS} <= stage.get("DefaultRouteSettings", {}).keys():
            yield name, "has no throttle: add ThrottlingRateLimit and ThrottlingBurstLimit"
        for key in (route["RouteKey"] for route in routes.values() if route["ApiId"] == stage["ApiId"]):
            bounds = stage.get("RouteSettings", {}).get(key, {})
            if key in THROTTLED and tuple(bounds.get(each) for each in _BOUNDS) != tuple(
                {"Ref": parameter} for parameter in THROTTLED[key]
            ):
                yield name, f"has no throttle of {key}: add {' and '.join(THROTTLED[key])} to RouteSettings"
        if "$context.identity.sourceIp" not in str(stage.get("AccessLogSettings")):
            yield name, "does not log who asks: add AccessLogSettings with $context.identity.sourceIp"
        if names_in(stage.get("AccessLogSettings")) & logs:
            yield name, "writes its access log among a function's lines: give it a log group of its own"


def _http_routes(template: Template) -> dict[str, dict[str, Any]]:
    """Give the routes of HTTP APIs."""
    http = {name for name, api in of_type(_API, template).items() if api.get("ProtocolType") == "HTTP"}
    routes = of_type(_ROUTE, template).items()
    return {name: route for name, route in routes if names_in(route["ApiId"]) & http}


def _has_authorizer(template: Template) -> bool:
    return bool(of_type("AWS::ApiGatewayV2::Authorizer", template))


RULES: Final[tuple[Callable[[Template], Mistakes], ...]] = (
    doors_are_closed,
    tokens_are_for_this_api,
    preflights_reach_the_functions,
    stages_are_throttled_and_logged,
)
