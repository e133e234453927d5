"""fanin.testing over lists: a script is called for each item."""

from pathlib import Path

import pytest

from fanin.engine.call import Call, Response
from fanin.engine.outcome import Outcome
from fanin.errors import NotFound
from fanin.testing import App, fails, gives
from tests.testing.world import MODELS

TOML = """
fanin = 1
[sources.ids]
url = "https://api.example/ids"
[sources.posts]
for_each = "ids"
url = "https://api.example/posts/{each}"
[endpoints.posts]
path = "/posts"
sources = ["posts"]
timeout = "20s"
"""


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    """Write a fanin.toml with a list."""
    file = tmp_path / "fanin.toml"
    file.write_text(TOML)
    return file


async def post(call: Call) -> Outcome[Response]:
    """Answer with the place of the item, after 100 ms."""
    return await gives({"item": call.item}, after=0.1)(call)


@MODELS
def test_a_script_is_called_for_each_item(toml: Path, prefix: str) -> None:
    """And is told the place of the item in the list."""
    app = App(toml, {"ids": gives([7, 8]), "posts": post})
    reply = app.get(f"{prefix}/posts")
    assert reply.body == {"posts": [{"item": 0}, {"item": 1}]}
    assert app.sources["posts"].urls == ["https://api.example/posts/7", "https://api.example/posts/8"]


@MODELS
def test_of_several_scripts_each_is_for_one_item(toml: Path, prefix: str) -> None:
    """In the order of the list."""
    reply = App(toml, {"ids": gives([7, 8, 9]), "posts": [gives(1), fails(NotFound), gives(3)]}).get(f"{prefix}/posts")
    assert (reply.status, reply.complete, reply.sources["posts"]) == (200, False, "partial")
    assert reply.body["posts"] == [1, None, 3]
    assert [item["index"] for item in reply.body["errors"]["posts"]["items"]] == [1]


@pytest.mark.parametrize(("prefix", "seconds"), [("", 1.0), ("/threads", 1.0), ("/sync", 10.0), ("/sync-threads", 1.0)])
def test_a_hundred_items_of_100_ms_ten_at_once_take_a_second(toml: Path, prefix: str, seconds: float) -> None:
    """No time goes by between calls. Where one call runs after another, so do those of a list."""
    reply = App(toml, {"ids": gives(list(range(100))), "posts": post}).get(f"{prefix}/posts")
    assert reply.complete
    assert reply.seconds == pytest.approx(seconds)
