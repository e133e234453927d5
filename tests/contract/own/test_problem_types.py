"""`problems` of `[api]`: every problem's type begins as the file says, in every execution model and at every depth."""

from collections.abc import Callable, Sequence

import pytest

from tests.contract.ask import Question, Reply
from tests.contract.own.case import Case
from tests.contract.own.conftest import Served
from tests.contract.own.upstream import Asked, Gives, Upstreams

OURS = "https://docs.shop.example/problems#"
FILE = f"""fanin = 1
[api]
problems = "{OURS}"
[variables]
api = "http://127.0.0.1:1"
[sources.read]
url = "{{$api}}/read"
[sources.fine]
value = 1
[sources.told]
compute = "errors.read.type"
[sources.list]
url = "{{$api}}/items/{{each}}"
for_each = "[`1`, `2`]"
[endpoints.read]
path = "/read"
sources = ["read", "fine"]
[endpoints.needed]
path = "/needed"
sources = ["read", "fine"]
required = ["read"]
[endpoints.told]
path = "/told"
sources = ["fine"]
pick = "{{computed: told, picked: errors.read.type}}"
[endpoints.each]
path = "/each"
sources = ["list", "fine"]
[endpoints.parameter]
path = "/parameter/{{number}}"
sources = ["fine"]
[endpoints.parameter.parameters.number]
type = "integer"
"""
DOWN = {"GET /read": Gives("", status=503)}
HALF = {"GET /items/1": Gives(1), "GET /items/2": Gives("", status=503)}


def types(problem: str, *within: str) -> Callable[[Reply, Sequence[Asked]], None]:
    """Look at the type of a whole problem, if there is one, and at every type within."""

    def look(reply: Reply, _: Sequence[Asked]) -> None:
        text = reply.content.decode()
        assert "fanin.example" not in text
        assert text.startswith(f'{{"type":"{OURS}{problem}"') or not problem
        assert [f"{OURS}{each}" in text for each in within] == [True] * len(within)

    return look


def _read(reply: Reply, asked: Sequence[Asked]) -> None:
    types("")(reply, asked)
    assert (reply.body["computed"], reply.body["picked"]) == (f"{OURS}source-unavailable",) * 2


CASES = [
    Case("of a source that failed", "/read", upstream=DOWN, complete=False, check=types("", "source-unavailable")),
    Case(
        "of a request that came to nothing, and of each source",
        "/needed",
        upstream=DOWN,
        status=502,
        complete=False,
        check=types("sources-failed", "source-unavailable"),
    ),
    Case(
        "of items of a list",
        "/each",
        upstream=HALF,
        complete=False,
        check=types("", "items-failed", "source-unavailable"),
    ),
    Case(
        "as expressions read it, where a source is computed and where the answer is picked",
        "/told",
        upstream=DOWN,
        complete=False,
        check=_read,
    ),
    Case("of a parameter", "/parameter/x", status=422, complete=None, check=types("bad-parameter")),
    Case("of an unknown path", "/no/such", status=404, complete=None, check=types("unknown-path")),
    Case(
        "of a method that is not there",
        Question("/read", method="DELETE"),
        status=405,
        complete=None,
        check=types("wrong-method"),
    ),
    Case(
        "of a request over a limit, which no endpoint sees",
        Question("/read", "a=" + "x" * 9_000),
        status=414,
        complete=None,
        check=types(""),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_the_type_of_every_problem_begins_as_the_file_says(case: Case, hold: Callable[[str, Case], None]) -> None:
    hold(FILE, case)


def test_the_records_of_a_stream_have_them_too(served: Served, upstreams: Upstreams) -> None:
    for model, ask in served(FILE).items():
        upstreams.play(DOWN)
        told = ask(Question("/needed", headers={"accept": "application/x-ndjson"})).content.decode()
        found = [told.count(f'"type":"{OURS}{problem}"') for problem in ("source-unavailable", "sources-failed")]
        assert ("fanin.example" in told, found) == (False, [2, 1]), model
