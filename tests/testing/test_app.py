"""fanin.testing.App: both functions over fake sources, on a fake clock."""

import asyncio
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, Request, Response

from fanin.config.finding import ConfigError
from fanin.entrypoints.fastapi.sources import SourcesDep
from fanin.errors import SourceTimeout
from fanin.testing import App, fails, gives, hangs
from tests.testing.world import LISBON, MODELS, WORLD

router = APIRouter()


@router.post("/echo")
async def echo(request: Request) -> Response:
    """Answer with what was sent."""
    response = Response(await request.body(), headers={"X-Sent": request.headers["x-sent"]}, media_type="image/png")
    response.set_cookie("seen", "yes")
    return response


def _city() -> str:
    return "Lisbon"


@router.get("/threaded")
async def threaded(sources: SourcesDep, city: Annotated[str, Depends(_city)]) -> Response:
    """Read behind a dependency that FastAPI runs in a thread."""
    return sources.respond(await sources.read("geo", city=city))


@router.get("/slept")
async def slept(sources: SourcesDep) -> Response:
    """Leave a task running."""
    asyncio.get_running_loop().create_task(asyncio.sleep(1000))
    return sources.respond("done")


@MODELS
def test_a_complete_answer(toml: Path, prefix: str) -> None:
    """With status, headers and body of the contract, and a record of what each source was asked."""
    app = App(toml, WORLD)
    reply = app.get(f"{prefix}/trip/São Paulo", days=5)
    assert (reply.status, reply.complete) == (200, True)
    assert reply.body == {"geo": {"name": "Lisbon", "lat": 38.7}, "weather": {"t": 21}, "air": {"aqi": 30}}
    assert reply.headers["content-type"] == "application/json"
    assert reply.sources == {"geo": "fresh", "weather": "fresh", "air": "fresh"}
    assert app.sources["geo"].urls == ["https://geo.example/search?name=S%C3%A3o%20Paulo"]
    assert app.sources["weather"].urls == ["https://weather.example/38.7?days=5"]
    assert app.sources["air"].calls[0].request.body == b'{"lat":38.7}'


@MODELS
def test_other_methods_than_get_and_the_json_that_they_send(tmp_path: Path, prefix: str) -> None:
    """Each by a word of its own."""
    methods = ("POST", "PUT", "PATCH", "DELETE")
    endpoints = (f'[endpoints.{m.lower()}]\nmethod = "{m}"\npath = "/e"\nsources = ["{m.lower()}"]\n' for m in methods)
    sources = (f'[sources.{m.lower()}]\nvalue = "{m}"\n' for m in methods)
    file = tmp_path / "fanin.toml"
    file.write_text("\n".join(["fanin = 1", *sources, *endpoints]))
    app = App(file)
    replies = [app.post(f"{prefix}/e", {"a": 1}), app.put(f"{prefix}/e", [1]), app.patch(f"{prefix}/e", "x")]
    assert [reply.body for reply in (*replies, app.delete(f"{prefix}/e"))] == [{m.lower(): m} for m in methods]


@pytest.mark.parametrize(("prefix", "seconds"), [("", 0.4), ("/threads", 0.4), ("/sync", 0.6), ("/sync-threads", 0.4)])
def test_time_is_that_of_the_execution_model(toml: Path, prefix: str, seconds: float) -> None:
    """All calls at once take the longest chain, one after another the sum; the clock is exact."""
    app = App(toml, WORLD)
    for _ in range(2):
        assert app.get(f"{prefix}/trip/Lisbon").seconds == pytest.approx(seconds)


@MODELS
def test_a_hanging_source_ends_at_its_timeout(toml: Path, prefix: str) -> None:
    """By the real policy, which says how long was waited."""
    reply = App(toml, WORLD | {"weather": hangs()}).get(f"{prefix}/trip/Lisbon")
    assert (reply.status, reply.complete, reply.body["weather"]) == (200, False, None)
    assert reply.body["errors"]["weather"]["detail"] == "weather did not answer within 800 ms"
    assert reply.sources["weather"] == "source-timeout"


@MODELS
def test_a_required_source_that_fails_is_the_answer(toml: Path, prefix: str) -> None:
    """A problem, and its dependants are not called."""
    app = App(toml, WORLD | {"geo": fails(SourceTimeout)})
    reply = app.get(f"{prefix}/trip/Lisbon")
    assert (reply.status, reply.headers["content-type"]) == (504, "application/problem+json")
    assert reply.body["sources"]["weather"]["type"].endswith("/dependency-failed")
    assert not app.sources["weather"].calls


@MODELS
def test_a_refused_request_calls_nothing(toml: Path, prefix: str) -> None:
    """So that no script is needed."""
    app = App(toml)
    assert app.get(f"{prefix}/trip/Lisbon", days="many").status == 422
    assert app.get(f"{prefix}/nowhere").status == 404
    assert app.request("DELETE", f"{prefix}/trip/Lisbon").status == 405


@MODELS
def test_a_source_without_a_script_fails_the_test(toml: Path, prefix: str) -> None:
    """Naming it, and what it was asked."""
    with pytest.raises(AssertionError, match=r"air was called and has no script: https://air\.example/38\.7"):
        App(toml, {"geo": LISBON, "weather": hangs()}).get(f"{prefix}/trip/Lisbon")


@MODELS
@pytest.mark.parametrize(
    ("target", "query"), [("?days=5", {}), ("", {"days": 5}), ("?days=5&other=a%26b", {}), ("?other=1", {"days": 5})]
)
def test_a_query_is_written_or_given(toml: Path, prefix: str, target: str, query: dict[str, int]) -> None:
    """Or both."""
    app = App(toml, WORLD)
    assert app.get(f"{prefix}/trip/Lisbon{target}", **query).status == 200
    assert app.sources["weather"].urls == ["https://weather.example/38.7?days=5"]


@MODELS
def test_a_script_may_be_changed_between_requests(toml: Path, prefix: str) -> None:
    """One app may tell a story."""
    app = App(toml, {"geo": LISBON})
    assert app.get(f"{prefix}/place/Lisbon").status == 200
    app.sources["geo"].script = gives({"results": []})
    assert app.get(f"{prefix}/place/Nowhere").status == 404


def test_the_environment_is_the_tests_own(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of the process do not count."""
    monkeypatch.setenv("FANIN_VAR_GEO", "https://wrong.example")
    app = App(toml, WORLD, environment={"FANIN_VAR_GEO": "https://right.example"})
    app.get("/place/Lisbon")
    assert app.sources["geo"].urls == ["https://right.example/search?name=Lisbon"]


def test_handlers_written_by_hand_are_served(toml: Path) -> None:
    """Over the same sources, with methods, headers and bodies of any kind."""
    app = App(toml, WORLD, routers=[router])
    reply = app.request("POST", "/echo", headers={"X-Sent": "yes"}, body=b"\xff\x00")
    assert (reply.status, reply.content, reply.headers["x-sent"]) == (200, b"\xff\x00", "yes")
    assert [cookie.partition(";")[0] for cookie in reply.cookies] == ["seen=yes"]
    assert app.get("/threaded").body == {"name": "Lisbon", "lat": 38.7}
    assert app.get("/slept").seconds == 0


@pytest.mark.parametrize(
    ("prepare", "error", "said"),
    [
        (lambda toml: App(toml, {"gao": LISBON}), ValueError, "there is no source 'gao'. Write 'geo'"),
        (lambda toml: App(toml.parent / "none.toml"), ConfigError, "cannot be read"),
    ],
    ids=["unknown source", "no file"],
)
def test_what_cannot_be_composed_says_why(
    toml: Path, prepare: Callable[[Path], App], error: type[Exception], said: str
) -> None:
    """Before anything is asked."""
    with pytest.raises(error, match=said):
        prepare(toml)


def test_inside_a_running_loop_it_says_what_to_write(toml: Path) -> None:
    """An internal error would puzzle."""

    async def body() -> None:
        App(toml, WORLD).get("/place/Lisbon")

    with pytest.raises(RuntimeError, match="not `async def`"):
        asyncio.run(body())


def test_no_loop_is_left_behind(toml: Path) -> None:
    """Neither as the thread's own, nor unclosed: pytest would warn of it in some later test."""
    app = App(toml, WORLD)
    loop = app._loop
    app.get("/place/Lisbon")
    with pytest.raises(RuntimeError, match="no current event loop"):
        asyncio.get_event_loop()
    del app
    gc.collect()
    assert loop.is_closed()


@MODELS
@pytest.mark.parametrize("accept", ["application/x-ndjson", "text/event-stream"])
def test_a_stream(toml: Path, prefix: str, accept: str) -> None:
    """Its records can be read, whatever its form."""
    reply = App(toml, WORLD).request("GET", f"{prefix}/place/Lisbon", headers={"accept": accept})
    assert [record["type"] for record in reply.records] == ["source", "complete"]
    assert reply.records[0]["value"] == {"name": "Lisbon", "lat": 38.7}
