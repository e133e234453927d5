"""A cached, forwarding endpoint, asked as a client does: what our own answers say of how long they may be kept."""

from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter
from starlette.responses import Response as StarletteResponse

from fanin.engine.call import Call, Response
from fanin.engine.outcome import Outcome
from fanin.entrypoints.fastapi.sources import SourcesDep
from fanin.testing import App, gives
from tests.unit.caching import says

TOML = """
fanin = 1

[sources.a]
url = "https://a.example/{x}"
cache = { fresh = "5m" }

[sources.b]
url = "https://b.example/"
cache = { fresh = "1m" }
forward = ["Authorization", "Accept-Language"]

[sources.c]
url = "https://c.example/"

[endpoints.a]
path = "/a/{x}"
sources = ["a"]

[endpoints.b]
path = "/b/{x}"
sources = ["a", "b"]

[endpoints.c]
path = "/c/{x}"
sources = ["a", "c"]
"""


async def echo(call: Call) -> Outcome[Response]:
    """Answer with the headers that arrived."""
    return Outcome(says({name.lower(): value for name, value in call.request.headers}))


@pytest.fixture
def app(tmp_path: Path) -> App:
    file = tmp_path / "fanin.toml"
    file.write_text(TOML)
    return App(file, {"a": gives({"a": 1}), "b": echo, "c": gives(1)})


def kept_for(headers: Any) -> int:
    """Give the seconds of an answer's max-age."""
    return int(headers["cache-control"].rpartition("=")[2])


def test_an_answer_of_cached_sources_may_be_kept_and_is_304_for_who_has_it(app: App) -> None:
    first = app.get("/a/1")
    assert first.headers["cache-control"].startswith("max-age=")
    assert 269 <= kept_for(first.headers) <= 300
    assert first.headers["age"] == "0"
    assert first.headers["vary"] == "Accept"
    second = app.request("GET", "/a/1", headers={"If-None-Match": first.headers["etag"]})
    assert (second.status, second.content) == (304, b"")
    assert "content-type" not in second.headers
    for name in ("etag", "cache-control", "x-request-id", "fanin-complete"):
        assert second.headers[name]
    assert app.request("GET", "/a/1", headers={"If-None-Match": '"other"'}).status == 200
    assert len(app.sources["a"].calls) == 1
    assert second.headers["fanin-sources"] == "a=fresh;age=0;attempts=0"


def test_one_source_that_is_not_cached_is_enough_for_no_store(app: App) -> None:
    reply = app.get("/c/1")
    assert reply.headers["cache-control"] == "no-store"
    assert not {"etag", "age", "vary"} & reply.headers.keys()


def test_a_partial_answer_is_never_kept(app: App) -> None:
    app.sources["b"].script = gives({}, status=500)
    reply = app.get("/b/1")
    assert (reply.status, reply.complete) == (200, False)
    assert reply.headers["cache-control"] == "no-store"
    assert "etag" not in reply.headers


def test_what_is_forwarded_arrives_and_makes_the_answer_the_clients_own(app: App) -> None:
    reply = app.request("GET", "/b/1", headers={"Authorization": "Bearer one", "X-Other": "no"})
    assert reply.body["b"] == {"authorization": "Bearer one"}
    assert reply.headers["cache-control"].startswith("private, max-age=")
    assert reply.headers["vary"] == "Authorization, Accept-Language, Accept"


@pytest.mark.parametrize("prefix", ["", "/sync"])
def test_no_client_is_answered_with_anothers(app: App, prefix: str) -> None:
    clients: list[dict[str, str]] = [{}, {"Authorization": "Bearer one"}, {"authorization": "bearer one"}]
    clients += [{"Authorization": ""}, {"Accept-Language": "pt"}, {"Accept-Language": "pt", "Authorization": "pt"}]
    for _ in range(2):
        for client in clients:
            reply = app.request("GET", f"{prefix}/b/1", headers=client)
            assert reply.body["b"] == {name.lower(): value for name, value in client.items()}


@pytest.mark.parametrize("prefix", ["", "/sync"])
def test_a_forwarded_value_that_no_header_may_have_is_refused(app: App, prefix: str) -> None:
    reply = app.request("GET", f"{prefix}/b/1", headers={"Authorization": "a\r\nX-Evil: 1"})
    assert reply.status == 422
    assert reply.body["parameters"] == {"Authorization": "has characters that a header may not have"}
    assert app.sources["b"].calls == []


def test_the_order_of_parameters_changes_nothing_and_their_case_does(app: App) -> None:
    app.get("/a/1?q=1&r=2")
    app.get("/a/1?r=2&q=1")
    assert len(app.sources["a"].calls) == 1
    app.get("/a/x")
    app.get("/a/X")
    assert len(app.sources["a"].calls) == 3


def test_the_sync_function_keeps_nothing(app: App) -> None:
    for _ in range(2):
        assert app.get("/sync/a/1").headers["cache-control"] == "no-store"
    assert len(app.sources["a"].calls) == 2


def test_a_handler_written_by_hand_says_itself_whether_its_answer_may_be_kept(tmp_path: Path) -> None:
    router = APIRouter()

    @router.get("/hand")
    async def by_hand(sources: SourcesDep, *, keep: bool) -> StarletteResponse:
        return sources.respond(await sources.read("a", x="1"), keep=keep)

    file = tmp_path / "fanin.toml"
    file.write_text(TOML)
    app = App(file, {"a": gives({"a": 1})}, routers=[router])
    assert app.get("/hand?keep=false").headers["cache-control"] == "no-store"
    kept = app.get("/hand?keep=true")
    assert kept.headers["cache-control"].startswith("max-age=")
    assert app.request("GET", "/hand?keep=true", headers={"If-None-Match": kept.headers["etag"]}).status == 304
