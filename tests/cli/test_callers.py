"""Who asks, for `fanin call` and `fanin explain`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from fanin.testing.issuer import Issuer
from tests.cli.conftest import Run

FILE = """fanin = 1
[callers.staff]
authorizer = { scopes = ["orders:read"] }
[sources.who]
compute = "caller"
[sources.version]
value = "1"
[endpoints.who]
path = "/who"
caller = "staff"
sources = ["who"]
allow = "caller.level > `1`"
[endpoints.version]
path = "/version"
caller = "anyone"
sources = ["version"]
"""
OF_ANY_LEVEL = FILE.replace("caller.level > `1`", "caller.sub && `true`")
MODELS = ["async", "sync", "threads"]


@pytest.fixture
def file(written: Callable[[str], str]) -> str:
    return written(FILE)


@pytest.mark.parametrize("model", MODELS)
def test_call_asks_as_somebody(run: Run, file: str, model: str) -> None:
    claims = ["--claim", "sub=ada", "--claim", "level=2", "--claim", 'scopes=["a"]']
    ran = run("call", "who", "--as", "staff", *claims, "--model", model, "--file", file)
    assert ran.code == 0, ran.messages
    assert ran.json == {"who": {"sub": "ada", "level": 2, "scopes": ["a"]}}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["who"], "who has the caller 'staff', and nothing says who asks. Write --as staff."),
        (["who", "--as", "stuff"], "not 'stuff'. Write --as staff."),
        (["version", "--as", "staff"], "anyone may ask for version. Leave it out."),
        (["who", "--as", "staff", "--claim", "sub"], "'sub' has no '='. Write NAME=VALUE."),
        (["who", "--as", "staff", "--claim", "a=1", "--claim", "a=2"], "'a' is given twice. Give it once."),
        (["who", "--as", "staff", "--claim", "level=1"], "'--as' or '--claim': the endpoint's allow does not let"),
    ],
)
def test_call_refuses_who_may_not_ask(run: Run, file: str, arguments: list[str], says: str) -> None:
    ran = run("call", *arguments, "--file", file)
    assert ran.code == 2
    assert says in " ".join(ran.messages.replace("│", " ").split())


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer(algorithms=("RS256",))


def test_call_makes_sure_of_a_token_by_the_issuers_keys(
    run: Run, written: Callable[[str], str], tmp_path: Path, issuer: Issuer
) -> None:
    with issuer.serving() as url:
        jwt = f'jwt = {{ issuer = "{url}", audience = "shop", scopes = ["orders:read"], private = true }}'
        file = written(OF_ANY_LEVEL.replace('authorizer = { scopes = ["orders:read"] }', jwt))
        (kept := tmp_path / "token").write_text(
            issuer.token({"sub": "ada", "scope": "orders:read"}, audience="shop") + "\n"
        )
        around = {"FANIN_ALLOW": "127.0.0.0/8:*"}
        ran = run("call", "who", "--token", f"@{kept}", "--file", file, **around)
        assert ran.code == 0, ran.messages
        assert (ran.json["who"]["sub"], ran.json["who"]["scopes"]) == ("ada", ["orders:read"])
        ran = run("call", "who", "--token", issuer.token({"sub": "ada"}, audience="shop"), "--file", file, **around)
        assert ran.code == 2
        assert "the scope orders:read is missing" in " ".join(ran.messages.replace("│", " ").split())


def test_check_asks_an_issuer_for_its_keys_and_its_claims(
    run: Run, written: Callable[[str], str], issuer: Issuer
) -> None:
    with issuer.serving() as url:
        jwt = f'jwt = {{ issuer = "{url}", audience = "shop", private = true }}'
        file = written(FILE.replace('authorizer = { scopes = ["orders:read"] }', jwt))
        around = {"FANIN_ALLOW": "127.0.0.0/8:*"}
        assert run("check", "--issuer", "--strict", file, **around).code == 0, "it names no claims"
        issuer.claims = ["sub", "levels"]
        ran = run("check", "--issuer", file, **around)
        assert ran.code == 0
        assert (
            "endpoints.who.allow: the issuer of 'staff' does not name the claim 'level' [unknown-claim]" in ran.output
        )
        assert "Write 'levels'" in ran.output
        issuer.claims = ["sub", "level"]
        assert run("check", "--issuer", "--strict", file, **around).code == 0
        ran = run("check", "--issuer", file)
        assert ran.code == 1
        assert "callers.staff.jwt: the issuer's description: " in ran.output
    assert run("check", file).code == 0, "without --issuer nobody is asked"


def test_call_makes_sure_of_an_api_key(run: Run, written: Callable[[str], str], tmp_path: Path) -> None:
    file, kept = (
        written(OF_ANY_LEVEL.replace("authorizer", "keys")),
        tmp_path / "k.json",
    )
    made = run("keys", "new", "nightly", "--owner", "acme", "--scopes", "orders:read", "--file", str(kept))
    around = {"FANIN_KEYS": f"file:{kept}"}
    ran = run("call", "who", "--token", made.output.strip(), "--file", file, **around)
    assert ran.code == 0, ran.messages
    assert ran.json["who"]["sub"] == "acme"
    assert run("call", "who", "--token", "fanin_x", "--file", file, **around).code == 2
    assert "FANIN_KEYS" in run("call", "who", "--token", "fanin_x", "--file", file).messages


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["version", "--token", "x"], "anyone may ask for version. Leave it out."),
        (["who", "--token", "x"], "AWS makes sure of the callers 'staff'. Write --as staff."),
        (["who", "--token", "x", "--as", "staff"], "the token says who asks. Leave --as and --claim out."),
        (["who", "--token", "@missing"], "cannot be read: No such file or directory"),
    ],
)
def test_call_refuses_credentials_that_say_nothing(run: Run, file: str, arguments: list[str], says: str) -> None:
    ran = run("call", *arguments, "--file", file)
    assert ran.code == 2
    assert says in " ".join(ran.messages.replace("│", " ").split())


def test_explain_says_who_may_ask(run: Run, file: str) -> None:
    lines = run("explain", "who", "--file", file).output.splitlines()
    assert lines[1] == "for staff: what API Gateway's authorizer lets in, with orders:read, if caller.level > `1`"
    told = run("explain", "who", "--file", file, "--json").json
    assert told["allow"] == "caller.level > `1`"
    assert told["caller"] == {
        "name": "staff",
        "kind": "authorizer",
        "needs": "what API Gateway's authorizer lets in, with orders:read",
    }
    assert run("explain", "version", "--file", file, "--json").json["caller"] is None
