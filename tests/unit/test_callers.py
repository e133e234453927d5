"""[callers]: its mistakes with their repairs, who may ask for an endpoint, and what is known of callers."""

from typing import Any

import pytest

from fanin.callers.authorizer import claims_of
from fanin.callers.iam import claims_of as iam_claims_of
from fanin.config import parse
from fanin.config.finding import ConfigError, Finding
from fanin.config.warn import warnings
from fanin.engine.catalogue import Caller, Catalogue, ClientRequest
from fanin.engine.invocation import Invocation
from fanin.errors import RequestError

FILE = """fanin = 1
caller = "staff"

[callers.staff]
authorizer = { scopes = ["orders:read"] }

[callers.services]
iam = {}

[sources.orders]
url = "https://crm.example/tenants/{caller.tenant}/orders"

[sources.version]
value = "1"

[endpoints.orders]
path = "/t/{tenant}/orders"
sources = ["orders"]
allow = "caller.tenant == parameters.tenant"

[endpoints.version]
path = "/version"
caller = "anyone"
sources = ["version"]
"""


def findings_of(text: str) -> tuple[Finding, ...]:
    try:
        parse(text, {})
    except ConfigError as error:
        return tuple(error.findings)
    return ()


@pytest.mark.parametrize(
    ("sound", "broken", "rule", "fix"),
    [
        ('caller = "staff"', 'caller = "stuff"', "unknown-caller", "Write 'staff'"),
        ('caller = "anyone"', 'caller = "anybody"', "unknown-caller", "Write 'anyone'"),
        ("authorizer = {", "authorizers = {", "unknown-key", "Write 'authorizer'"),
        ("{ scopes =", "{ scope =", "unknown-key", "Write 'scopes'"),
        ("iam = {}", "iam = {}\nauthorizer = {}", "bad-callers", "Write one of: authorizer, iam, jwt, keys"),
        ("iam = {}", "", "bad-callers", "Write one of: authorizer, iam, jwt, keys"),
        ("[callers.services]", "[callers.anyone]", "reserved-name", "Choose another name"),
        ('["orders:read"]', '["orders:read orders:write"]', "bad-scope", "Write each scope by itself, in quotes"),
        ('["orders:read"]', '["a", "a"]', "listed-twice", "List it once"),
        ('sources = ["orders"]\n', 'sources = ["orders"]\ncaller = "anyone"\n', "no-caller", "Add caller"),
        ('sources = ["version"]', 'sources = ["orders"]', "no-caller", "Add caller"),
        ('sources = ["orders"]\n', 'sources = ["orders"]\ncaller = "services"\n', "unknown-claim", "Use one of"),
        ('parameters.tenant"', 'orders.tenant"', "unknown-name", "Write caller.orders for a claim"),
        ('parameters.tenant"', 'parameters.tennant"', "unknown-parameter", "Put {tennant} into its path"),
        ('parameters.tenant"', 'input.tenant"', "unknown-reference", "Add input"),
        ("caller.tenant == parameters.tenant", "'yes'", "bad-jmespath", "Compare something"),
        (
            "\n[endpoints.version]",
            "parameters = { ticket = {} }\n[endpoints.version]",
            "reserved-name",
            "Choose another",
        ),
        ("caller.tenant ==", "{caller.tenant} ==", "braces", "Write caller.tenant"),
        ('path = "/version"', 'path = "/tickets"\nmethod = "POST"', "reserved-path", "Choose another path"),
    ],
)
def test_a_mistake_has_a_finding_with_a_fix(sound: str, broken: str, rule: str, fix: str) -> None:
    assert findings_of(FILE) == ()
    assert sound in FILE
    found = findings_of(FILE.replace(sound, broken, 1))
    assert any(finding.rule == rule and fix in finding.fix for finding in found), found
    assert all(finding.line for finding in found)


def test_a_mistake_of_callers_brings_no_others_along() -> None:
    (found,) = findings_of(FILE.replace("scopes", "scope"))
    assert found.rule == "unknown-key"


def test_without_callers_nobody_is_known() -> None:
    text = """fanin = 1
[sources.a]
compute = "caller.sub"
[endpoints.e]
path = "/e"
sources = ["a"]
"""
    (found,) = findings_of(text)
    assert (found.rule, found.part) == ("no-caller", "caller")
    (found,) = findings_of(text.replace('path = "/e"', 'path = "/e"\ncaller = "staff"').replace("caller.sub", "`1`"))
    assert (found.rule, found.fix) == ("unknown-caller", "Add [callers.staff], which says how they are known")


def test_check_warns_of_an_endpoint_that_does_not_say_who_may_ask() -> None:
    text = (
        FILE.replace('caller = "staff"\n\n[callers', "[callers").replace("{caller.tenant}", "x").replace("allow", "# ")
    )
    assert [(each.rule, each.key) for each in warnings(parse(text, {}), text) if each.rule == "no-caller"] == [
        ("no-caller", ("endpoints", "orders"))
    ]
    assert "no-caller" not in {each.rule for each in warnings(parse(FILE, {}), FILE)}


def test_check_warns_of_callers_that_no_endpoint_has() -> None:
    unused = [each for each in warnings(parse(FILE, {}), FILE) if each.rule == "unused"]
    assert [(each.key, each.message) for each in unused] == [
        (("callers", "services"), "no endpoint has the caller 'services'")
    ]
    used = FILE.replace('caller = "anyone"', 'caller = "services"')
    assert "unused" not in {each.rule for each in warnings(parse(used, {}), used)}


def begin(caller: Caller | None) -> Any:
    catalogue = Catalogue(parse(FILE, {}), lambda: 0.0)
    return catalogue.begin("orders", ClientRequest({"tenant": "acme"}), caller, Invocation("id", 10.0))


def test_an_endpoint_with_a_caller_is_shut_to_whoever_a_way_in_did_not_make_sure_of() -> None:
    """A way in that forgets to ask who it is lets nobody in."""
    for caller in (None, Caller("services", {"tenant": "acme"})):
        with pytest.raises(RequestError) as refused:
            begin(caller)
        assert (refused.value.status, refused.value.headers) == (401, (("WWW-Authenticate", 'Bearer realm="staff"'),))
    (call,) = begin(Caller("staff", {"tenant": "acme"})).start()
    assert call.request.url == "https://crm.example/tenants/acme/orders"


@pytest.mark.parametrize("claims", [{}, {"tenant": None}, {"tenant": "bolt"}, {"tenant": ["acme"]}])
def test_allow_lets_only_true_pass(claims: dict[str, Any]) -> None:
    with pytest.raises(RequestError) as refused:
        begin(Caller("staff", claims))
    assert (refused.value.status, refused.value.problem) == (403, "not-allowed")


@pytest.mark.parametrize(
    "allow", ["parameters.tenant", "caller.scopes", "starts_with(caller.none, 'a')", "caller.none"]
)
def test_what_is_true_in_jmespath_is_not_enough_for_allow(allow: str) -> None:
    """Neither a text nor a list passes, and an expression that meets data it cannot take lets nobody pass."""
    text = FILE.replace("caller.tenant == parameters.tenant", allow)
    catalogue = Catalogue(parse(text, {}), lambda: 0.0)
    caller = Caller("staff", {"tenant": "acme", "scopes": ["a"]})
    with pytest.raises(RequestError) as refused:
        catalogue.begin("orders", ClientRequest({"tenant": "acme"}), caller, Invocation("id", 10.0))
    assert refused.value.status == 403


def test_identity_is_that_of_who_asks_and_not_of_a_token() -> None:
    ada = Caller("staff", {"iss": "https://id.example", "sub": "ada", "iat": 1})
    assert ada.identity == Caller("staff", {"iss": "https://id.example", "sub": "ada", "iat": 2}).identity
    others = [
        Caller("staff", {"iss": "https://id.example", "sub": "bob"}),
        Caller("staff", {"iss": "https://other.example", "sub": "ada"}),
        Caller("services", {"iss": "https://id.example", "sub": "ada"}),
        Caller("staff", {"tenant": "acme"}),
        Caller("staff", {"tenant": "bolt"}),
    ]
    assert len({ada.identity, *(other.identity for other in others)}) == 6
    assert "ada" not in str(ada.told)


def test_claims_of_a_role_are_the_same_whatever_its_session_is_called() -> None:
    arn = "arn:aws:sts::123456789012:assumed-role/Nightly"
    claims = iam_claims_of({"userArn": f"{arn}/one", "accountId": "123456789012", "userId": "AROA:one"})
    assert claims["sub"] == iam_claims_of({"userArn": f"{arn}/two"})["sub"] == arn
    assert (claims["role"], claims["arn"], claims["account"]) == ("Nightly", f"{arn}/one", "123456789012")


def test_claims_of_a_user_and_of_a_cognito_identity() -> None:
    arn = "arn:aws:iam::123456789012:user/ada"
    assert iam_claims_of({"userArn": arn, "user": "AIDA"}) == {
        "sub": arn,
        "arn": arn,
        "account": None,
        "user": "AIDA",
        "organization": None,
        "role": None,
    }
    role = "arn:aws:sts::123456789012:assumed-role/Web/CognitoIdentityCredentials"
    identity = "eu-west-1:0a1b2c3d-0000-4000-8000-000000000000"
    several: list[dict[str, Any]] = [{"cognitoIdentity": {"identityId": identity}}, {"cognitoIdentityId": identity}]
    for told in several:
        assert iam_claims_of({"userArn": role, **told})["sub"] == identity


@pytest.mark.parametrize(
    ("told", "sub", "scopes"),
    [
        ({"sub": "ada", "scope": "a b"}, "ada", ["a", "b"]),
        ({"sub": "ada", "scp": "[a b]"}, "ada", ["a", "b"]),
        ({"sub": "ada", "scopes": ["a", 1, "b"]}, "ada", ["a", "b"]),
        ({"principalId": "ada", "integrationLatency": 3}, "ada", []),
        ({"lambda": None}, None, []),
    ],
)
def test_claims_of_an_authorizer_have_who_asks_and_scopes(told: dict[str, Any], sub: Any, scopes: list[str]) -> None:
    claims = claims_of(told)
    assert (claims["sub"], claims["scopes"]) == (sub, scopes)
    assert "integrationLatency" not in claims
