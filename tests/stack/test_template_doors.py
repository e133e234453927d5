"""`make check` finds doors that are open, or closed to whom they are for: each is planted in the template."""

from typing import Final

import pytest

from tests.stack.planted import check

DEFECTS: Final = {
    "a route that wants no token": (
        *("HandInRoute", "!If [HasJwt, JWT, NONE]", "NONE"),
        "HandInRoute: passes by JwtIssuer",
    ),
    "a function URL that everybody may ask": (
        *("StreamUrl", "AuthType: !Ref StreamingAuth", "AuthType: NONE"),
        "StreamUrl: is open to everybody",
    ),
    "a permission for everybody, whatever the parameters": (
        *("StreamUrlPermission", "Condition: IsOpenToStreams", "Condition: HasStreaming"),
        "StreamUrlPermission: lets everybody invoke",
    ),
    "a stream that is open by default": (
        *("StreamingAuth", "Default: AWS_IAM", "Default: NONE"),
        "StreamingAuth: is open where nobody",
    ),
    "a console that is open by default": (
        *("Console", 'Default: "off"', 'Default: "on"'),
        "Console: is open where nobody",
    ),
    "private addresses that are allowed by default": (
        *("Allow", 'Default: ""', 'Default: "10.0.0.0/8:*"'),
        "Allow: is open where nobody",
    ),
    "tokens in the query": (
        *("Authorizer", "$request.header.Authorization", "$request.querystring.token"),
        "Authorizer: looks for tokens elsewhere",
    ),
    "tokens for anybody": (
        *("Authorizer", 'Audience: !Split [",", !Ref JwtAudience]', "Audiences: []"),
        "Authorizer: takes tokens for others",
    ),
    "an issuer without an audience": (
        *("JwtHasAudience", '!Equals [!Ref JwtAudience, ""]', "!Equals [!Ref JwtAudience, none]"),
        "Authorizer: is there without JwtAudience",
    ),
    "preflights that API Gateway answers": (
        *("Api", "ProtocolType: HTTP", "ProtocolType: HTTP\n      CorsConfiguration: { AllowOrigins: ['*'] }"),
        "Api: answers preflights itself",
    ),
    "a preflight that needs a token": (
        *("OptionsRoute", "RouteKey: OPTIONS /", "RouteKey: OPTIONS /\n      AuthorizationType: JWT"),
        "OptionsRoute: wants a token of preflights",
    ),
    "a route without one for preflights": (
        *("SyncBelowOptionsRoute", "OPTIONS /sync/{proxy+}", "OPTIONS /other/{proxy+}"),
        "SyncBelowRoute: wants a token of preflights",
    ),
    "preflights that go to another function": (
        *("DjangoOptionsRoute", "${DjangoIntegration}", "${GatewayIntegration}"),
        "DjangoRoute: wants a token of preflights",
    ),
    "jobs that are throttled as all else": (
        *("Stage", "!Ref JobsRate", "!Ref Rate"),
        "Stage: has no throttle of POST /jobs",
    ),
    "connections without a throttle of their own": (
        *("LiveApiliveStage", "$connect: {", "$disconnect: {"),
        "LiveApiliveStage: has ",
    ),
    "a throttle without a rate": (
        *(
            "Stage",
            "DefaultRouteSettings: { ThrottlingRateLimit: !Ref Rate, ",
            "DefaultRouteSettings: { DetailedMetricsEnabled: true, ",
        ),
        "Stage: has no throttle",
    ),
    "an access log among a function's lines": (
        *("Stage", "!GetAtt ApiLogs.Arn", "!GetAtt WorkerLogs.Arn"),
        "Stage: writes its access log among",
    ),
}
"""By what is wrong: where it is, what stands there first, what takes its place, and how the finding begins."""


@pytest.mark.parametrize(("where", "old", "new", "finding"), DEFECTS.values(), ids=DEFECTS)
def test_a_defect_is_found_by_its_rule(where: str, old: str, new: str, finding: str) -> None:
    check(where, old, new, finding)
