"""Idempotency keys of writes: one for all attempts of a call, in every execution model."""

from pathlib import Path
from uuid import UUID

import pytest

from fanin.engine.call import Call
from fanin.errors import SourceUnavailable
from fanin.testing import App, fails, gives

FILE = """fanin = 1
sources.a = { url = "https://a.example/", method = "POST", retry = { attempts = 3 }, idempotency_key = KEY }
endpoints.e = { path = "/e", method = "POST", sources = ["a"] }
"""


def app_of(folder: Path, *, key: bool) -> App:
    """Serve a source that writes, and fails at every attempt but the third."""
    file = folder / "fanin.toml"
    file.write_text(
        FILE.replace("KEY", "true")
        if key
        else FILE.replace("retry = { attempts = 3 }, idempotency_key = KEY", "private = false")
    )
    return App(file, {"a": [fails(SourceUnavailable), fails(SourceUnavailable), gives(1), gives(1), gives(1)]})


def keys(calls: list[Call]) -> list[str]:
    """Give the key of each request."""
    return [dict(call.request.headers)["Idempotency-Key"] for call in calls]


def test_all_attempts_of_a_call_have_one_key_and_no_two_requests(tmp_path: Path) -> None:
    app = app_of(tmp_path, key=True)
    assert [app.post("/e").status for _ in range(2)] == [200, 200]
    first, second, third, other = keys(app.sources["a"].calls)
    assert first == second == third
    assert UUID(first).version == UUID(other).version == 5
    assert other != first


@pytest.mark.parametrize("prefix", ["", "/threads", "/sync", "/sync-threads"])
def test_every_model_sends_one(tmp_path: Path, prefix: str) -> None:
    app = app_of(tmp_path, key=True)
    app.sources["a"].script = gives(1)
    assert [app.post(f"{prefix}/e").status for _ in range(2)] == [200, 200]
    first, other = keys(app.sources["a"].calls)
    assert first != other


def test_without_it_there_is_no_key(tmp_path: Path) -> None:
    app = app_of(tmp_path, key=False)
    app.post("/e")
    assert "Idempotency-Key" not in dict(app.sources["a"].calls[0].request.headers)
