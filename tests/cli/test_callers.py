"""Who asks, for `fanin call` and `fanin explain`."""

from collections.abc import Callable

import pytest

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
        (["who", "--as", "staff", "--claim", "level=1"], "allow does not let this request pass"),
    ],
)
def test_call_refuses_who_may_not_ask(run: Run, file: str, arguments: list[str], says: str) -> None:
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
