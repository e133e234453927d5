"""fanin.testing over expressions: conditions, computed values and an endpoint's `pick` are evaluated as ever."""

from pathlib import Path

import pytest

from fanin.errors import SourceUnavailable
from fanin.testing import App, fails, gives
from tests.testing.world import MODELS

TOML = """
fanin = 1
[sources.user]
url = "https://api.example/users/{id}"
[sources.orders]
when = "user.active"
url = "https://api.example/orders/{user.number}"
[sources.total]
compute = "sum(orders || `[]`)"
[endpoints.user]
path = "/user/{id}"
pick = "{name: user.name, total: total, known: !(errors.user)}"
"""


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    """Write a fanin.toml with expressions."""
    file = tmp_path / "fanin.toml"
    file.write_text(TOML)
    return file


@MODELS
def test_a_source_that_is_not_wanted_needs_no_script(toml: Path, prefix: str) -> None:
    """It is not called, and its state says so."""
    reply = App(toml, {"user": gives({"name": "Ada", "active": False, "number": 7})}).get(f"{prefix}/user/1")
    assert reply.body == {"name": "Ada", "total": 0, "known": True}
    assert (reply.complete, reply.sources["orders"], reply.sources["total"]) == (True, "skipped", "fresh")


@MODELS
def test_what_is_computed_is_made_of_what_the_scripts_give(toml: Path, prefix: str) -> None:
    scripts = {"user": gives({"name": "Ada", "active": True, "number": 7}), "orders": gives([1, 2])}
    assert App(toml, scripts).get(f"{prefix}/user/1").body == {"name": "Ada", "total": 3, "known": True}


@MODELS
def test_a_pick_that_reads_errors_answers_though_all_failed(toml: Path, prefix: str) -> None:
    reply = App(toml, {"user": fails(SourceUnavailable)}).get(f"{prefix}/user/1")
    assert (reply.status, reply.complete) == (200, False)
    assert (reply.body["name"], reply.body["known"]) == (None, False)
    assert reply.body["errors"].keys() == {"user", "orders", "total"}


def test_a_source_that_makes_no_call_takes_no_script(toml: Path) -> None:
    with pytest.raises(ValueError, match="'total' makes no call: give it no script"):
        App(toml, {"total": gives(1)})
