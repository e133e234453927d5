"""The console in a headless browser: seen, and used by keyboard, in the widths and colours that people have.

With FANIN_SCREENSHOTS=docs/images the pictures of it in the docs are made anew.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest

from fanin.local.layout import ROOT
from fanin.local.upstream.script import Gives, Script
from fanin.local.upstream.scripted import ScriptedUpstreams
from tests.console import scene
from tests.slow import browser
from tests.slow.console_page import LOOKS, VERDICT, VIEWS, raced, ran, settled, view

_NUMBERS = count()
_ACCESSIBLE = Path(__file__).with_name("accessible.js").read_text()


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[str, ScriptedUpstreams]]:
    with scene.console() as served:
        yield served


@pytest.fixture(scope="module")
def opened(world: tuple[str, ScriptedUpstreams]) -> Iterator[browser.Page]:
    with browser.page() as page:
        page.open(f"{world[0]}/")
        page.await_texts(VERDICT, bool)
        yield page


@pytest.fixture
def run(opened: browser.Page, world: tuple[str, ScriptedUpstreams]) -> Callable[[], browser.Page]:
    """Run the product's page twice, so that the cache has something."""

    def twice() -> browser.Page:
        for _ in range(2):
            world[1].play(scene.SCRIPT)
            opened.look(*browser.SIZE)
            opened.value("run.choose('product')")
            ran(opened)
        return opened

    return twice


def test_a_partial_answer_is_told_in_plain_words(run: Callable[[], browser.Page]) -> None:
    page = run()
    (title,) = page.texts(VERDICT)
    assert title.startswith("Partial: 9 of 10 sources in ")
    words = page.texts("#verdict p")
    assert "The client still gets status 200, marked as incomplete." in words
    assert "delivery: delivery answered with status 500" in words
    assert any(text.startswith("product → stock → delivery decided how long it took.") for text in words)
    states = dict(zip(page.texts("#calls .row .name"), page.texts("#calls li .row .state"), strict=False))
    assert states["stock"] == "2 attempts"
    assert states["advert"] == "fallback"
    assert states["gift"] == "not needed"
    assert states["reviews"] == "partial, 5 items"
    assert states["delivery"] == "unavailable"


def test_colour_is_never_alone(run: Callable[[], browser.Page]) -> None:
    """Each state that can be drawn has a shape of its own, too."""
    page = run()
    shapes = page.value(
        "Object.fromEntries(Object.keys(KINDS).map(kind => [kind, shape(kind, 8, 8, 6)])"
        ".map(([kind, made]) => [kind, made.outerHTML.replace(/class=.[^>]*?. /g, '')]))"
    )
    told = {kind: drawn for kind, drawn in shapes.items() if kind not in {"given up", "stale", "waiting"}}
    assert len(set(told.values())) == len(told)
    assert page.value("shape('stale', 8, 8, 6).classList.contains('open')")
    assert page.value("shape('waiting', 8, 8, 6).classList.contains('needs')")


def test_a_click_shows_what_a_source_gave_and_what_happened_to_its_call(run: Callable[[], browser.Page]) -> None:
    page = run()
    page.press("#calls button.row .name", "stock")
    detail = page.await_texts("#calls .detail", bool)[0]
    assert "Attempt 1: at" in detail
    assert "source-unavailable after" in detail
    assert "retry: waits" in detail
    assert '"place": "porto"' in detail


@pytest.mark.parametrize("dark", [False, True])
def test_a_picture_of_it_is_made(run: Callable[[], browser.Page], *, dark: bool) -> None:
    page = run()
    page.look(1280, 960, dark=dark)
    page.value("new Promise(done => { scrollTo(0, 0); document.activeElement.blur(); setTimeout(done, 200) })")
    folder = ROOT / os.environ.get("FANIN_SCREENSHOTS", "build/console")
    folder.mkdir(parents=True, exist_ok=True)
    picture = page.screenshot()
    (folder / f"console-{'dark' if dark else 'light'}.png").write_bytes(picture)
    assert len(picture) > 20_000  # of a blank page it has 5,000


@pytest.mark.parametrize(("width", "height", "dark"), LOOKS)
def test_fits_and_can_be_read(run: Callable[[], browser.Page], width: int, height: int, *, dark: bool) -> None:
    """In each width and scheme of colours: nothing is cut off, every text has contrast, every control a name."""
    page = run()
    page.look(width, height, dark=dark)
    for name in VIEWS:
        view(page, name)
        assert page.value("document.documentElement.scrollWidth") <= width, name
        for wrong in ("cutOff", "nameless", "lost", "faint"):
            assert page.value(f"(() => {{ {_ACCESSIBLE}; return {wrong}() }})()") == [], (name, wrong)


_CROSSED = """(() => {
  const into = document.createElement("div"), all = ["a", "b", "c", "d", "e", "f", "g"];
  into.style.width = "358px";
  document.body.append(into);
  const needs = name => name === "a" ? [] : name === "g" ? ["b", "d", "f"] : ["a"];
  const sources = all.map(name => ({name, needs: needs(name), kind: "http", asks: "GET", in_body: true}));
  new Graph(into, {name: "x", sources});
  const boxes = [...into.querySelectorAll("rect")].map(box => box.getBBox()), crossed = [], out = [];
  const within = (at, from, length) => at > from + 1 && at < from + length - 1;
  for (const line of into.querySelectorAll(".edge")) {
    for (let at = 0; at <= line.getTotalLength(); at += 1) {
      const {x, y} = line.getPointAtLength(at);
      if (x < 0 || x > into.clientWidth) out.push([x, y]);
      if (boxes.some(box => within(x, box.x, box.width) && within(y, box.y, box.height))) crossed.push([x, y]);
    }
  }
  into.remove();
  return {boxes: boxes.length, crossed, out};
})()"""


def test_no_line_of_a_plan_on_a_phone_passes_through_a_source_that_it_does_not_concern(
    run: Callable[[], browser.Page],
) -> None:
    """It would read as if that source waited, or were waited for."""
    assert run().value(_CROSSED) == {"boxes": 7, "crossed": [], "out": []}


def test_a_stream_that_breaks_is_said_to_have_broken(run: Callable[[], browser.Page]) -> None:
    page = run()
    broken = json.dumps(json.dumps({"type": "trace", "at": 1, "spans": {}}) + "\n")
    page.value(f"window.whole = window.fetch; window.fetch = async () => new Response({broken}); 0")
    page.press("#go")
    page.await_texts(VERDICT, lambda texts: texts == ["The connection broke"])
    page.value("window.fetch = window.whole; 0")


def test_the_race_shows_each_model_that_is_deployed(run: Callable[[], browser.Page]) -> None:
    page = run()
    assert "First: " in raced(page)
    assert page.texts("#race .name b") == ["FastAPI, event loop", "FastAPI, threads"]
    assert all(text.endswith("$ a million") for text in page.texts("#race li .state"))


def _listed(page: browser.Page, world: tuple[str, ScriptedUpstreams]) -> str:
    """Open the list of requests, and give the place of the last run once nothing is to come that would move it."""
    page.press("[role=tab]", "Recent")
    path = f"/elsewhere/{next(_NUMBERS)}"
    httpx.get(f"{world[0]}{path}")
    page.await_texts("#recent-found summary", lambda texts: bool(texts) and path in texts[0])
    return "#recent-found details:nth-of-type(2)"


def test_recent_requests_open_to_their_calls_and_sources_are_counted(
    run: Callable[[], browser.Page], world: tuple[str, ScriptedUpstreams]
) -> None:
    page = run()
    request = _listed(page, world)
    page.press(f"{request} summary")
    page.await_texts(f"{request} .row .name", lambda names: "delivery" in names)
    page.press("[role=tab]", "Sources")
    rows = page.await_texts("#sources tbody tr", bool)
    assert any(row.startswith("delivery") and "source-unavailable" in row for row in rows)


def test_a_click_on_a_request_is_heard_while_others_come(
    run: Callable[[], browser.Page], world: tuple[str, ScriptedUpstreams]
) -> None:
    """A press and its release are one click, though the list is made anew between them."""
    page = run()
    request = _listed(page, world)
    page.value(f"window.pressed = document.querySelector('{request}'); 0")
    page.press_while(f"{request} summary", lambda: page.value("listRecent()"))
    page.await_texts(f"{request}[open] .row .name", lambda names: "delivery" in names)
    httpx.get(f"{world[0]}/elsewhere/again")
    page.await_texts("#recent-found summary", lambda texts: "/elsewhere/again" in texts[0])
    assert page.value("window.pressed.isConnected && window.pressed.open")


def test_a_body_can_be_written_and_the_request_taken_away_as_code(run: Callable[[], browser.Page]) -> None:
    page = run()
    page.value("run.choose('search')")
    assert '"words": "blue harp"' in page.value("document.querySelector('#fields textarea').value")
    page.press("#code button", "Python")
    (code,) = page.texts("#code pre")
    assert 'httpx.request(\n    "POST",' in code
    page.press("#go")
    page.await_texts(VERDICT, lambda texts: texts[0].startswith("Complete: 1 source in"))


def _only(text: str, without: str) -> Callable[[list[str]], bool]:
    return lambda texts: bool(texts) and all(text in each and without not in each for each in texts)


def test_recent_requests_are_filtered_and_the_filter_stays_while_they_come(
    run: Callable[[], browser.Page], world: tuple[str, ScriptedUpstreams]
) -> None:
    page = run()
    httpx.get(f"{world[0]}/nowhere")
    page.press("[role=tab]", "Recent")
    summaries = "#recent-found summary"
    page.await_texts(summaries, lambda texts: any("/nowhere" in text for text in texts))
    for control, value, left, gone in (
        ("status", "4xx", " 4", " 200, "),
        ("answer", "partial", "partial", "/nowhere"),
        ("endpoint", "product", "", "/nowhere"),  # other tests have asked for it, too
    ):
        choice = f"document.getElementById('recent-{control}')"
        chosen = f"[...{choice}.options].find(each => each.text === '{value}').value"
        page.value(f"{choice}.value = {chosen}; {choice}.dispatchEvent(new Event('input', {{bubbles: true}})); 0")
        page.await_texts(summaries, _only(left, gone))
        page.value(f"{choice}.value = 0; {choice}.dispatchEvent(new Event('input', {{bubbles: true}})); 0")
    page.type("#recent-text", "NOWHERE")
    page.await_texts(summaries, lambda texts: len(texts) == 1 and "/nowhere" in texts[0])
    httpx.get(f"{world[0]}/nowhere/again")
    page.await_texts(summaries, lambda texts: len(texts) == 2)
    assert page.value("document.activeElement.id") == "recent-text"
    page.value("document.getElementById('recent-text').value = ''; listRecent(); 0")


_MANY = (
    "fanin = 1\n[variables]\nshop = 'https://shop.example'\n"
    + "".join(f"[sources.s{n}]\nurl = '{{$shop}}/s/{n}'\n" for n in range(49))
    + "[sources.listed]\nurl = '{$shop}/items'\n"
    + "[sources.all]\nurl = '{$shop}/item/{each}'\nfor_each = 'listed'\nmax_items = 100\n"
    + "[endpoints.many]\npath = '/many'\ntimeout = '20s'\nsources = ["
    + ", ".join(f"'s{n}'" for n in range(49))
    + ", 'all']\n"
)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Page]:
    """Open the console over an endpoint of 51 sources, one of which makes 100 calls."""
    file = tmp_path_factory.mktemp("many") / "fanin.toml"
    file.write_text(_MANY)
    script: Script = {
        "GET /s/{n}": Gives({"n": scene.MARKUP}, delay=0.05),
        "GET /items": Gives(list(range(100)), delay=0.05),
        "GET /item/{n}": Gives({"n": 1}, delay=0.01),
    }
    with scene.console(FANIN_CONFIG=str(file)) as (url, shop), browser.page() as page:
        shop.play(script)
        page.open(f"{url}/")
        page.await_texts(VERDICT, bool)
        page.press("#go")
        page.await_texts(VERDICT, settled)
        yield page


@pytest.mark.parametrize(("width", "height", "dark"), LOOKS)
def test_fifty_sources_and_a_list_of_a_hundred_can_be_seen(
    many: browser.Page, width: int, height: int, *, dark: bool
) -> None:
    many.look(width, height, dark=dark)
    assert many.texts(VERDICT)[0].startswith("Complete: all 51 sources in ")
    rows = dict(zip(many.texts("#calls .row .name"), many.texts("#calls li .row .state"), strict=False))
    assert len(rows) == 51
    assert rows["all"].endswith("100 items")
    assert many.value("document.documentElement.scrollWidth") <= width
    for wrong in ("cutOff", "nameless", "lost", "faint"):
        assert many.value(f"(() => {{ {_ACCESSIBLE}; return {wrong}() }})()") == [], wrong


def test_a_list_opens_among_fifty_sources_and_the_page_stays_small(many: browser.Page) -> None:
    many.look(*browser.SIZE)
    many.press("#calls button.row .name", "all")
    many.await_texts("#calls .detail", bool)
    assert many.value("run.waterfall.spans.all.items.length") == 100
    assert many.value("document.title") == "fanin: console"
    # What has to be drawn anew for each record of a stream stays in proportion to what there is to see.
    assert 100 < many.value("document.querySelectorAll('#calls *').length") < 2500


def test_breakers_and_limits_are_told_in_words(run: Callable[[], browser.Page]) -> None:
    page = run()
    counted = {"name": scene.MARKUP, "calls": 2, "failures": {}, "median_ms": 1, "p95_ms": 2, "hits": 0}
    breaker = {"settings": "open 30s", "state": "open", "since": "13:00:00"}
    limit = {"settings": "1 in 1s", "waits": 3, "refusals": 1, "holds": 1}
    page.press("[role=tab]", "Sources")
    told = json.dumps({"sources": [{**counted, "breaker": breaker, "limit": limit}]})
    page.await_texts("#sources tbody tr", bool)  # it is read again and again, and then drawn anew
    row = page.value(f"showSources({told}); document.querySelector('#sources tbody tr').innerText")
    assert row.startswith(scene.MARKUP)
    assert "open since 13:00:00\nopen 30s" in row
    assert re.search("3 waited, 1 refused, 1. held back\n1 in 1s", row)
    assert page.value("document.title") == "fanin: console"
