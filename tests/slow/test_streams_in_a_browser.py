"""Streams in a headless browser: `EventSource` and `fetch`, written as docs/streams.md says."""

from collections.abc import Iterator

import pytest
from fastapi import APIRouter, Response

from fanin.engine.call import Call, Fetch, Runtime
from fanin.engine.catalogue import Catalogue
from fanin.engine.outcome import Outcome
from fanin.entrypoints.fastapi.app import gateway_app
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared
from tests.slow import browser
from tests.slow.browser import Page
from tests.slow.test_live_in_a_browser import CLIENT
from tests.unit.scenario import config_of
from tests.websocket.scenes import TRIP
from tests.websocket.server import serving
from tests.websocket.test_uvicorn import Upstream

_PAGE = """<!doctype html>
<title>streams</title>
<ol id="told"></ol>
<script type="module">
  import { stream } from "./fanin-live.js";
  const tell = (...words) => document.querySelector("#told").append(
    Object.assign(document.createElement("li"), { textContent: words.join(" ") }));
  const trip = new EventSource("/trip/Lisbon");
  trip.addEventListener("source", (event) => tell("event", JSON.parse(event.data).source));
  trip.addEventListener("complete", (event) => tell("event complete", JSON.parse(event.data).status));
  trip.addEventListener("error", () => { if (trip.readyState === EventSource.CLOSED) tell("closed"); });

  stream("/trip/Lisbon", {
    onSource: (name) => tell("client", name),
    onComplete: ({ status }) => tell("client complete", status),
  });
  stream("/nowhere", { onProblem: (problem) => tell("client problem", problem.status) });

  const response = await fetch("/trip/Lisbon", { headers: { Accept: "application/x-ndjson" } });
  const lines = response.body.pipeThrough(new TextDecoderStream());
  let rest = "";
  for await (const text of lines) {
    const parts = (rest + text).split("\\n");
    rest = parts.pop();
    for (const line of parts) tell("line", JSON.parse(line).source ?? JSON.parse(line).type);
  }
</script>
"""


_LAST = {"closed", "line complete", "client complete 200", "client problem 404"}


class Counting(Upstream):
    """Sources that count their calls."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    async def fetch(self, call: Call) -> Outcome[object]:
        self.calls += 1
        return await super().fetch(call)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with browser.page() as opened:
        yield opened


def test_page_is_told_of_each_source_and_a_finished_event_source_calls_none_again(page: Page) -> None:
    config, upstream, router = config_of(TRIP), Counting(), APIRouter()

    @router.get("/page")
    def served() -> Response:
        return Response(_PAGE, media_type="text/html")

    @router.get("/fanin-live.js")
    def client() -> Response:
        return Response(CLIENT.read_bytes(), media_type="text/javascript")

    fetches: dict[str, Fetch] = dict.fromkeys(config.sources, upstream.fetch)
    pipelines = pipelines_of(config.sources, fetches, Shared(Runtime()))
    with serving(gateway_app(Catalogue(config), pipelines, routers=[router])) as at:
        page.open(f"http://{at}/page")
        heard = page.await_texts("#told li", lambda heard: set(heard) >= _LAST)
    events = [line for line in heard if line.startswith("event")]
    lines = [line for line in heard if line.startswith("line")]
    assert set(events) == {"event geo", "event weather", "event rates", "event complete 200"}
    assert set(lines) == {"line geo", "line weather", "line rates", "line complete"}
    assert (len(events), len(lines), lines[-1], upstream.calls) == (4, 4, "line complete", 9)
    clients = {line for line in heard if line.startswith("client")}
    assert clients == {"client geo", "client weather", "client rates", "client complete 200", "client problem 404"}
