"""A page on another origin, written from docs/callers.md: each way in works for a caller; an unlisted page has none."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
from fastapi import APIRouter, FastAPI, Response

from fanin.compose.gateway import gateway
from fanin.local.layout import ROOT
from fanin.testing.issuer import Issuer
from tests.slow import browser
from tests.slow.browser import Page
from tests.websocket.server import serving

_CONFIG = """
fanin = 1
[cors]
origins = ["ORIGIN"]
[callers.staff]
jwt = { issuer = "ISSUER", audience = "https://api.example.com", private = true }
[sources.who]
compute = "{ sub: caller.sub, city: parameters.city }"
[endpoints.mine]
path = "/mine/{city}"
caller = "staff"
sources = ["who"]
allow = "parameters.city != 'Atlantis'"
"""
_PAGE = """<!doctype html>
<title>page</title>
<ol></ol>
<script type="module">
  import { Live } from "/fanin-live.js";
  const { api, token } = Object.fromEntries(new URLSearchParams(location.search));
  const tell = (...words) => document.querySelector("ol").append(
    Object.assign(document.createElement("li"), { textContent: words.join(" ") }));
  const tried = async (name, work) => {
    try { tell(name, await work()); } catch (error) { tell(name, error.name ?? error); }
  };
  const headers = { Authorization: `Bearer ${token}` };
  const asked = (path, options) => fetch(`http://${api}${path}`, options);
  const ticketed = async () => {
    const answer = await asked("/tickets", { method: "POST", headers });
    return (await answer.json()).ticket;
  };
  const subscribed = (socket, city = "Lisbon") => new Promise((done, fail) => {
    socket.onerror = () => fail("refused");
    socket.onopen = () => socket.send(JSON.stringify(
      { action: "subscribe", id: "a", endpoint: "mine", params: { city } }));
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      done(`${socket.protocol} ${message.value?.sub ?? message.problem.status}`);
      socket.close();
    };
  });
  const streamed = (ticket) => new Promise((done, fail) => {
    const events = new EventSource(`http://${api}/mine/Lisbon?ticket=${ticket}`);
    events.addEventListener("source", (event) => done(JSON.parse(event.data).value.sub));
    events.addEventListener("complete", () => events.close());
    events.onerror = () => { events.close(); fail("refused"); };
  });

  await tried("fetch", async () => {
    const answer = await asked("/mine/Lisbon", { headers });
    return `${answer.status} ${(await answer.json()).who.sub}`;
  });
  await tried("fetch-without", async () => (await asked("/mine/Lisbon")).status);
  await tried("fetch-forbidden", async () => (await asked("/mine/Atlantis", { headers })).status);
  const first = await ticketed().catch(() => "none");
  await tried("socket-ticket", () => subscribed(new WebSocket(`ws://${api}/live?ticket=${first}`)));
  await tried("socket-ticket-again", () => subscribed(new WebSocket(`ws://${api}/live?ticket=${first}`)));
  await tried("socket-token", () => subscribed(new WebSocket(`ws://${api}/live`, ["fanin", `fanin.bearer.${token}`])));
  await tried("socket-bad-token", () =>
    subscribed(new WebSocket(`ws://${api}/live`, ["fanin", `fanin.bearer.${token}x`])));
  await tried("socket-forbidden", () =>
    subscribed(new WebSocket(`ws://${api}/live`, ["fanin", `fanin.bearer.${token}`]), "Atlantis"));
  await tried("socket-nobody", () => subscribed(new WebSocket(`ws://${api}/live`)));
  const second = await ticketed().catch(() => "none");
  await tried("stream-ticket", () => streamed(second));
  await tried("stream-ticket-again", () => streamed(second));
  await tried("stream-nobody", () => streamed(""));
  await tried("client", () => new Promise((done, fail) => {
    let connections = 0;
    const again = () => { if (++connections === 3) { live.close(); fail("nothing"); } return token; };
    const live = new Live(`ws://${api}/live`, { token: again });
    live.subscribe("mine", { city: "Lisbon" }, { onSource: (_, value) => { done(value.sub); live.close(); } });
  }));
  tell("done");
</script>
"""


@dataclass
class Told:
    """What the pages of two origins came to, by name."""

    listed: dict[str, str]
    other: dict[str, str]


def _pages() -> FastAPI:
    app, router = FastAPI(), APIRouter()

    @router.get("/")
    def page() -> Response:
        return Response(_PAGE, media_type="text/html")

    @router.get("/fanin-live.js")
    def client() -> Response:
        return Response((ROOT / "clients/fanin-live.js").read_text(), media_type="text/javascript")

    app.include_router(router)
    return app


def _told(page: Page, host: str, **query: str) -> dict[str, str]:
    page.open(f"http://{host}/?{urlencode(query)}")
    told = page.await_texts("li", lambda texts: "done" in texts)[:-1]
    return {name: what for name, _, what in (text.partition(" ") for text in told)}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Open the same page from both origins, with a token of the same user."""
    issuer = Issuer()
    folder = tmp_path_factory.mktemp("callers")
    with browser.page() as page, serving(_pages()) as listed, serving(_pages()) as other, issuer.serving() as url:
        config = _CONFIG.replace("ORIGIN", f"http://{listed}").replace("ISSUER", url)
        Path(folder, "fanin.toml").write_text(config)
        environment = {**os.environ, "FANIN_ALLOW": "127.0.0.0/8:*"}
        with serving(gateway(folder, environment)) as api:
            token = issuer.token({"sub": "ada"}, audience="https://api.example.com")
            yield Told(_told(page, listed, api=api, token=token), _told(page, other, api=api, token=token))


def test_a_page_on_a_listed_origin_asks_in_every_way(told: Told) -> None:
    assert told.listed == {
        "fetch": "200 ada",
        "fetch-without": "401",
        "fetch-forbidden": "403",
        "socket-ticket": "ada",
        "socket-ticket-again": "refused",
        "socket-token": "fanin ada",
        "socket-bad-token": "refused",
        "socket-forbidden": "fanin 403",
        "socket-nobody": "401",
        "stream-ticket": "ada",
        "stream-ticket-again": "refused",
        "stream-nobody": "refused",
        "client": "ada",
    }


def test_a_page_on_another_is_refused_in_every_way(told: Told) -> None:
    """It has the user's token, and gets no answer that it could read, no ticket and no connection."""
    assert told.other == {
        **dict.fromkeys(["fetch", "fetch-without", "fetch-forbidden"], "TypeError"),
        **{name: "refused" for name in told.listed if re.match("socket|stream", name)},
        "client": "nothing",
    }
