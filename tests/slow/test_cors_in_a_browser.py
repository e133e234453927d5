"""A browser's own judgement: a page on a listed origin may ask, preflight and all, and a page on another may not."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from fastapi import APIRouter, FastAPI, Response

from fanin.engine.call import Runtime
from fanin.engine.catalogue import Catalogue
from fanin.entrypoints.fastapi.app import gateway_app
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared
from fanin.sources.kinds import fetches_of
from fanin.sources.reach import Reach
from fanin.sources.tls import tls_context
from tests.slow import browser
from tests.slow.browser import Page
from tests.unit.scenario import config_of
from tests.websocket.server import serving

_CONFIG = """
[cors]
origins = ["ORIGIN"]
[sources.thing]
value = 7
[endpoints.thing]
path = "/thing"
sources = ["thing"]
[endpoints.thing.parameters.tenant]
in = "header"
sent_as = "X-Tenant"
optional = true
[endpoints.remove]
method = "DELETE"
path = "/thing"
sources = ["thing"]
[endpoints.order]
method = "POST"
path = "/orders"
sources = ["thing"]
input = { type = "object" }
"""
_PAGE = """<!doctype html>
<title>page</title>
<ol></ol>
<script type="module">
  const api = new URLSearchParams(location.search).get("api");
  const tell = (...words) => document.querySelector("ol").append(
    Object.assign(document.createElement("li"), { textContent: words.join(" ") }));
  const ask = async (name, path, options = {}) => {
    try {
      const answer = await fetch(`http://${api}${path}`, options);
      tell(name, answer.status, answer.headers.get("Fanin-Complete"), JSON.stringify((await answer.json()).thing));
    } catch (error) {
      tell(name, error.name);
    }
  };
  await ask("get", "/thing");
  await ask("header", "/thing", { headers: { "X-Tenant": "north" } });
  await ask("unlisted-header", "/thing", { headers: { "X-Other": "1" } });
  await ask("delete", "/thing", { method: "DELETE" });
  await ask("json", "/orders", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
  await ask("put", "/thing", { method: "PUT" });
  await ask("unknown", "/nothing");
  await ask("unasked-job", "/jobs", { method: "POST", body: "{}" });
  await new Promise((done) => {
    const socket = new WebSocket(`ws://${api}/live`);
    socket.onopen = () => { tell("socket", "open"); done(); };
    socket.onerror = () => { tell("socket", "refused"); done(); };
  });
  tell("done");
</script>
"""


@dataclass
class Told:
    """What the pages of two origins were answered, by name."""

    listed: list[str]
    other: list[str]


def _pages() -> FastAPI:
    app, router = FastAPI(), APIRouter()

    @router.get("/")
    def page() -> Response:
        return Response(_PAGE, media_type="text/html")

    app.include_router(router)
    return app


def _told(page: Page, host: str, api: str) -> list[str]:
    page.open(f"http://{host}/?api={quote(api)}")
    return page.await_texts("li", lambda texts: "done" in texts)[:-1]


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    """Open the same page from both origins."""
    with browser.page() as page, serving(_pages()) as listed, serving(_pages()) as other:
        config = config_of(_CONFIG.replace("ORIGIN", f"http://{listed}"))
        runtime = Runtime()
        fetches = fetches_of(config.sources, Reach({}, tls_context, runtime.clock), AsyncExitStack())
        app = gateway_app(Catalogue(config), pipelines_of(config.sources, fetches, Shared(runtime)))
        with serving(app) as api:
            yield Told(_told(page, listed, api), _told(page, other, api))


def test_a_page_on_a_listed_origin_may_ask(told: Told) -> None:
    """What the path does not take, and a header that nothing reads, its browser refuses after the preflight."""
    assert told.listed == [
        "get 200 ?1 7",
        "header 200 ?1 7",
        "unlisted-header TypeError",
        "delete 200 ?1 7",
        "json 200 ?1 7",
        "put TypeError",
        "unknown 404",
        "unasked-job 501",
        "socket open",
    ]


def test_a_page_on_another_may_not(told: Told) -> None:
    assert told.other == [
        *(f"{name} TypeError" for name in ("get", "header", "unlisted-header", "delete", "json", "put", "unknown")),
        "unasked-job TypeError",
        "socket refused",
    ]
