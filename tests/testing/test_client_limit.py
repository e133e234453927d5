"""fanin.testing.App holds clients to an endpoint's `client_limit`, by the fake clock."""

from pathlib import Path

import pytest

from fanin.testing import App, gives
from tests.testing.world import MODELS

FILE = """
fanin = 1
[sources.thing]
url = "https://thing.example"
[endpoints.thing]
path = "/thing"
sources = ["thing"]
client_limit = { calls = 2, per = "10s" }
"""


@pytest.fixture
def app(tmp_path: Path) -> App:
    (tmp_path / "fanin.toml").write_text(FILE)
    return App(tmp_path / "fanin.toml", {"thing": gives(7, after=4.0)})


@MODELS
def test_client_is_refused_until_its_requests_no_longer_count(app: App, prefix: str) -> None:
    replies = [app.get(f"{prefix}/thing") for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert [reply.headers["ratelimit"] for reply in replies] == [
        f'"default";r={r};t={t}' for r, t in ((1, 11), (0, 7), (0, 3))
    ]
    assert len(app.sources["thing"].calls) == 2
    assert replies[2].seconds == 0
    other = app.request("GET", f"{prefix}/thing", address="192.0.2.1")
    assert other.status == 200
    assert app.get(f"{prefix}/thing").status == 200


def test_stream_says_how_many_requests_are_left_and_is_refused_as_any_answer(app: App) -> None:
    streams = {"accept": "application/x-ndjson"}
    replies = [app.request("GET", "/thing", headers=streams) for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert replies[0].headers["content-type"].startswith("application/x-ndjson")
    assert replies[0].headers["ratelimit"] == '"default";r=1;t=11'
    assert replies[2].headers["content-type"] == "application/problem+json"
