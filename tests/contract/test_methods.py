"""Endpoints by other methods than GET, and with other statuses than 200, in every execution model."""

from collections.abc import Iterator

import pytest

from tests.contract.ask import Ask, Question
from tests.contract.models import MODELS, here
from tests.functions import functions

CONFIG = """
fanin = 1
[sources.read.value]
did = "read"
[sources.made.value]
did = "made"
[sources.gone.value]
did = "gone"
[endpoints.item]
path = "/items/{id}"
sources = ["read"]
[endpoints.remove]
method = "DELETE"
path = "/items/{id}"
sources = ["gone"]
[endpoints.make]
method = "POST"
path = "/items/new"
status = 201
sources = ["made"]
[endpoints.only]
method = "PUT"
path = "/only"
sources = ["made"]
"""


@pytest.fixture(scope="module")
def asks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ask]]:
    """Compose the functions over the file above."""
    file = tmp_path_factory.mktemp("methods") / "fanin.toml"
    file.write_text(CONFIG)
    with functions({"FANIN_CONFIG": str(file)}) as handlers:
        yield here(handlers)


@pytest.fixture(params=MODELS)
def ask(request: pytest.FixtureRequest, asks: dict[str, Ask]) -> Ask:
    """Ask one execution model."""
    return asks[request.param]


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/items/7", 200, {"read": {"did": "read"}}),
        ("DELETE", "/items/7", 200, {"gone": {"did": "gone"}}),
        ("POST", "/items/new", 201, {"made": {"did": "made"}}),
        ("GET", "/items/new", 200, {"read": {"did": "read"}}),
        ("PUT", "/only", 200, {"made": {"did": "made"}}),
    ],
)
def test_method_and_path_together_say_which_endpoint_answers(
    ask: Ask, method: str, path: str, status: int, body: object
) -> None:
    reply = ask(Question(path, method=method))
    assert (reply.status, reply.body) == (status, body)
    assert reply.headers["fanin-complete"] == "?1"
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("POST", "/items/7", "GET, HEAD, DELETE"),
        ("PATCH", "/items/new", "GET, HEAD, POST, DELETE"),
        ("GET", "/only", "PUT"),
        ("HEAD", "/only", "PUT"),
        ("OPTIONS", "/only", "PUT"),
    ],
)
def test_another_method_is_refused_with_all_that_the_path_takes(ask: Ask, method: str, path: str, allow: str) -> None:
    reply = ask(Question(path, method=method))
    assert (reply.status, reply.headers["allow"]) == (405, allow)
    assert method == "HEAD" or reply.body["type"].endswith("/wrong-method")


def test_head_is_served_wherever_get_is(ask: Ask) -> None:
    reply = ask(Question("/items/7", method="HEAD"))
    assert (reply.status, reply.content) == (200, b"")
    assert int(reply.headers["content-length"]) > 0
