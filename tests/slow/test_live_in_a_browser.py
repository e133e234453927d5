"""clients/fanin-live.js in a headless browser: under Uvicorn, and before a server that loses and repeats messages."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from fastapi import APIRouter, Response
from websockets.sync.server import ServerConnection, serve

from fanin.engine.call import Fetch, Runtime
from fanin.engine.catalogue import Catalogue
from fanin.entrypoints.fastapi.app import gateway_app
from fanin.local.process import ports
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared
from tests.slow import browser
from tests.slow.browser import Page
from tests.unit.scenario import config_of
from tests.websocket.scenes import TRIP
from tests.websocket.server import serving
from tests.websocket.test_uvicorn import Upstream

CLIENT = Path(__file__).parents[2] / "clients/fanin-live.js"
_PAGE = """<!doctype html>
<title>live</title>
<ol id="told"></ol>
<script type="module">
  import { Live } from "./fanin-live.js";
  const tell = (...words) => document.querySelector("#told").append(
    Object.assign(document.createElement("li"), { textContent: words.join(" ") }));
  const live = new Live(LIVE);
  const trip = live.subscribe("trip", { city: "Lisbon" }, {
    every: "5m",
    onSource: (name, value) => tell("source", name, JSON.stringify(value)),
    onProblem: (problem, name) => tell("problem", name, problem.type),
    onComplete: (message) => tell("complete", message.status),
  });
  live.subscribe("nowhere", {}, { onProblem: (problem) => tell("problem", problem.status) });
  document.title = "asked";
</script>
"""


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser.page() as opened:
        yield opened


def pages(live: str) -> APIRouter:
    """Serve the page, and the client as it is."""
    router = APIRouter()

    @router.get("/page")
    def page() -> Response:
        return Response(_PAGE.replace("LIVE", json.dumps(live)), media_type="text/html")

    @router.get("/fanin-live.js")
    def client() -> Response:
        return Response(CLIENT.read_bytes(), media_type="text/javascript")

    return router


@contextmanager
def application(port: int, live: str) -> Iterator[str]:
    """Serve the application, and the page beside it."""
    config, upstream = config_of(TRIP), Upstream()
    fetches: dict[str, Fetch] = dict.fromkeys(config.sources, upstream.fetch)
    pipelines = pipelines_of(config.sources, fetches, Shared(Runtime()))
    app = gateway_app(Catalogue(config), pipelines, routers=[pages(live)])
    with serving(app, port) as at:
        yield at


def told(page: Page, until: Callable[[list[str]], bool]) -> list[str]:
    """Read what the page has been told, once it has been told enough."""
    return page.await_texts("#told li", until)


def test_it_tells_each_source_and_comes_back_when_its_connection_ends(page: Page) -> None:
    port = ports.free()
    with ExitStack() as served:
        at = served.enter_context(application(port, f"ws://127.0.0.1:{port}/live"))
        page.open(f"http://{at}/page")
        heard = told(page, lambda heard: {"complete 200", "problem 404"} <= set(heard))
        assert {line for line in heard if line.startswith("source")} == {
            f'source {name} {{"lat":1,"cc":"PT"}}' for name in ("geo", "weather", "rates")
        }
        served.close()
        with application(port, ""):
            again = told(page, lambda now: now.count("complete 200") > heard.count("complete 200"))
            assert len([line for line in again if line.startswith("source geo")]) == 2


class Careless:
    """A server that repeats a message, loses one, and closes without a word.

    Attributes:
        asked: what it was sent, by connection.
    """

    def __init__(self) -> None:
        self.asked: list[list[dict[str, Any]]] = []

    def serve(self, socket: ServerConnection) -> None:
        self.asked.append(asked := [])
        for text in socket:
            asked.append(message := json.loads(text))
            if message.get("endpoint") != "trip":
                continue
            id_, rounds = message["id"], sum(m.get("endpoint") == "trip" for m in asked)
            self._send(socket, id_, 1, "geo")
            self._send(socket, id_, 1, "geo")
            if len(self.asked) == 1 and rounds == 1:
                self._send(socket, id_, 3, "rates")
            elif len(self.asked) == 1:
                socket.close(1001)
            else:
                self._send(socket, id_, 2, "weather")
                socket.send('{"message": "Internal server error", "connectionId": "c", "requestId": "r"}')
                complete = {"id": id_, "n": 3, "type": "complete", "status": 200, "complete": True, "again_in": 300}
                socket.send(json.dumps(complete))

    @staticmethod
    def _send(socket: ServerConnection, id_: str, number: int, source: str) -> None:
        message = {"id": id_, "n": number, "type": "source", "source": source, "state": "fresh", "value": number}
        socket.send(json.dumps(message))


def test_it_asks_anew_for_what_was_lost_and_tells_once_what_came_twice(page: Page) -> None:
    careless = Careless()
    with serve(careless.serve, "127.0.0.1", 0) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            live = f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
            with application(ports.free(), live) as at:
                page.open(f"http://{at}/page")
                heard = told(page, lambda heard: "complete 200" in heard)
        finally:
            server.shutdown()
            thread.join()
    assert heard == ["source geo 1", "source geo 1", "source geo 1", "source weather 2", "complete 200"]
    first, second = careless.asked
    trips = [message for message in first if message.get("endpoint") != "nowhere"]
    assert [(m["action"], m["id"]) for m in trips] == [
        ("subscribe", "s1"),
        ("unsubscribe", "s1"),
        ("subscribe", trips[-1]["id"]),
    ]
    assert trips[0]["every"] == trips[-1]["every"] == "5m"
    assert trips[0]["params"] == trips[-1]["params"] == {"city": "Lisbon"}
    ids = [message["id"] for message in [*first, *second] if message["action"] == "subscribe"]
    assert len(ids) == len(set(ids))
