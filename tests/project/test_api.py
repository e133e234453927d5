"""What holds for every endpoint of fanin.toml. Tests of your own go beside it; docs/testing.md of fanin shows more:

    def test_a_greeting_has_the_name() -> None:
        app = App(FILE, {"greeting": gives({"text": "Hello, Ada!", "language": "en"}), "language": gives({})})
        assert app.get("/hello/Ada").body["greeting"]["text"] == "Hello, Ada!"

with `from fanin.testing import App, gives`.
"""

from pathlib import Path

import pytest

from fanin.config import load
from fanin.config.examples import Request, requests
from fanin.errors import SourceTimeout
from fanin.testing import App, fails

FILE = Path(__file__).parents[2] / "fanin.toml"
CONFIG = load(FILE, {})
CALLED = [name for name, source in CONFIG.sources.items() if source.makes_calls]


@pytest.fixture
def app() -> App:
    """The endpoints, over sources that all time out. No network is used, and no time passes."""
    return App(FILE, {name: fails(SourceTimeout) for name in CALLED})


def test_an_unknown_path_is_a_problem(app: App) -> None:
    reply = app.get("/no/such/path")
    assert (reply.status, reply.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("example", list(requests(CONFIG)), ids=str)
def test_an_example_is_taken_and_a_failure_named(app: App, example: Request) -> None:
    """Parameters are valid, and an answer without a source's value says which source failed."""
    reply = app.request(example.method, example.target, headers=example.headers, json=example.body)
    assert reply.status not in {404, 405, 415, 422, 500}, reply.content
    if not reply.complete:
        assert "source-timeout" in reply.sources.values()
