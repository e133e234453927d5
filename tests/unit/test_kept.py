"""A value that was kept goes into answers as it was kept, and is read by those who want it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi import APIRouter
from starlette.responses import Response

from fanin.engine import outcome as outcomes
from fanin.engine import shape
from fanin.engine.outcome import Kept
from fanin.entrypoints.fastapi.sources import SourcesDep
from fanin.errors import SourceUnavailable
from fanin.testing import App, fails, gives

CACHED = 'cache = { fresh = "5m" }\n'
LARGE = {"text": "x" * 70_000}


def source(name: str, more: str = "") -> str:
    return f'[sources.{name}]\nurl = "https://{name}.example/"\n{CACHED}{more}\n'


def endpoint(name: str, sources: str, more: str = "") -> str:
    return f'[endpoints.{name}]\npath = "/{name}"\nsources = [{sources}]\n{more}\n'


TOML = (
    "fanin = 1\n"
    + source("a")
    + source("b", 'pick = "n"')
    + source("large")
    + source("fails", 'fallback = { value = "none" }').replace(CACHED, "")
    + source("despite", 'when = "errors.broken.status != `1`"')
    + '[sources.broken]\nurl = "https://broken.example/"\n'
    + '[sources.refers]\nurl = "https://refers.example/{a.n}"\n'
    + '[sources.static]\nvalue = { n = { m = 1 } }\n[sources.computed]\ncompute = "static"\n'
    + '[sources.stands_in]\nurl = "https://fails.example/"\nfallback = { value = { n = { m = 1 } } }\n'
    + '[sources.literal]\nurl = "https://a.example/"\npick = "{n: `{\\"m\\": 1}`}"\n'
    + endpoint("plain", '"a"')
    + endpoint("picked", '"a", "b"')
    + endpoint("large", '"a", "large"')
    + endpoint("flat", '"a"', 'merge = "flat"')
    + endpoint("made", '"a"', 'pick = "a.n"')
    + endpoint("partly", '"a", "fails"')
    + endpoint("referring", '"refers", "a"')
    + endpoint("despite", '"despite"')
)
router = APIRouter()


@router.get("/changing")
async def changing(sources: SourcesDep) -> Response:
    """Change what was read, and answer with it."""
    read: Any = await sources.read("a")
    read["changed"] = True
    return sources.respond(read)


@router.get("/changing/{name}")
async def changing_in_depth(sources: SourcesDep, name: str) -> Response:
    """Change what a part of the configuration said."""
    read: Any = await sources.read(name)
    read["n"]["m"] += 1
    return sources.respond(read)


class Reads:
    """Counts how often a value that is encoded is read, and how often one is encoded."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.number = self.encoded = 0
        monkeypatch.setattr(outcomes, "orjson", self)
        monkeypatch.setattr(shape, "orjson", self)

    def loads(self, encoded: bytes) -> Any:
        self.number += 1
        return orjson.loads(encoded)

    def dumps(self, value: Any) -> bytes:
        self.encoded += 1
        return orjson.dumps(value)


@pytest.fixture
def ask(tmp_path: Path) -> Callable[[str], Any]:
    (file := tmp_path / "fanin.toml").write_text(TOML)
    given = {"a": gives({"n": 1}), "b": gives({"n": 2}), "large": gives(LARGE), "refers": gives("refers")}
    failing = dict.fromkeys(("fails", "broken", "stands_in"), fails(SourceUnavailable))
    app = App(file, {**given, **failing, "despite": gives(1), "literal": gives({})}, routers=[router])

    def twice(path: str) -> Any:
        """Ask twice: the second answer is from memory, and says what the first one did."""
        first, second = app.get(path), app.get(path)
        assert (first.status, first.content, first.headers.get("etag")) == (
            second.status,
            second.content,
            second.headers.get("etag"),
        )
        return json.loads(second.content)

    return twice


@pytest.mark.parametrize(
    ("path", "body", "read_and_encoded"),
    [
        ("/plain", {"a": {"n": 1}}, (0, 1)),
        ("/picked", {"a": {"n": 1}, "b": 2}, (1, 3)),
        ("/large", {"a": {"n": 1}, "large": LARGE}, (0, 2)),
        ("/flat", {"n": 1}, (1, 0)),
        ("/made", 1, (1, 0)),
        ("/partly", {"a": {"n": 1}, "fails": "none"}, (0, 3)),
        ("/referring", {"refers": "refers", "a": {"n": 1}}, (1, 2)),
    ],
)
def test_an_answer_from_memory_is_the_one_before_and_reads_what_it_has_to(
    path: str,
    body: Any,
    read_and_encoded: tuple[int, int],
    ask: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads = Reads(monkeypatch)
    assert ask(path) == body
    assert (reads.number, reads.encoded) == read_and_encoded


def test_items_are_parts_of_a_list_before_they_are_parts_of_an_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file := tmp_path / "fanin.toml").write_text(
        'fanin = 1\n[sources.items]\nurl = "https://items.example/{each}"\nfor_each = "`[1, 2]`"\n'
        + endpoint("list", '"items"')
    )
    reads = Reads(monkeypatch)
    reply = App(file, {"items": gives({"n": 1})}).get("/list")
    assert json.loads(reply.content) == {"items": [{"n": 1}, {"n": 1}]}
    assert (reads.number, reads.encoded) == (0, 0)


def test_an_answer_from_memory_tells_of_a_source_that_is_not_listed_and_failed(ask: Callable[[str], Any]) -> None:
    body = ask("/despite")
    assert (body["despite"], body["errors"]["broken"]["status"]) == (1, 502)


def test_whoever_reads_it_may_change_it(ask: Callable[[str], Any]) -> None:
    assert ask("/changing") == {"n": 1, "changed": True}
    assert ask("/plain") == {"a": {"n": 1}}


@pytest.mark.parametrize("name", ["static", "computed", "stands_in", "literal"])
def test_a_handler_that_changes_what_is_configured_changes_it_for_itself(name: str, ask: Callable[[str], Any]) -> None:
    assert ask(f"/changing/{name}") == {"n": {"m": 2}}


def test_a_value_is_read_once_and_goes_into_no_answer_unread_then() -> None:
    kept = Kept.of(b'{"n": 1}', "fresh", 1.0, 0, 9.0)
    assert (kept.encoded, kept.size, kept.age, kept.attempts, kept.fresh_for) == (b'{"n": 1}', 8, 1.0, 0, 9.0)
    value: Any = kept.value
    value["changed"] = True
    assert (kept.value, kept.encoded) == ({"n": 1, "changed": True}, None)
