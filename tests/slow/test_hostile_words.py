"""Words full of markup, wherever they come from: in no page do they run, and no page asks another host for anything."""

import json
import logging
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import httpx
import pytest

from fanin.local.upstream.script import Gives
from tests.console import scene
from tests.console.scene import MARKUP
from tests.slow import browser
from tests.slow.browser import Page
from tests.slow.console_page import VERDICT, VIEWS, raced, ran, view

_WORDS = json.dumps(MARKUP)
_CONFIG = f"""# {MARKUP}
fanin = 1
[variables]
shop = "https://shop.example"
[sources.item]
url = "{{$shop}}/item?note=%3Cimg%20src=x%20onerror=alert(1)%3E&word={{word}}"
[sources.down]
url = "{{$shop}}/down"
retry = {{ attempts = 2, base = "10ms", budget = 1 }}
[sources.made]
compute = '''{{said: '{MARKUP.replace("'", '"')}'}}'''
[endpoints.item]
path = "/item/{{word}}"
summary = {_WORDS}
sources = ["item", "down", "made"]
headers = {{ X-Said = "{{item.header}}" }}
[endpoints.item.parameters.word]
description = {_WORDS}
example = "a"
[endpoints.item.parameters.kind]
description = "one of them"
enum = ["a", {_WORDS}]
default = "a"
[endpoints.search]
method = "POST"
path = "/search"
sources = ["made"]
[endpoints.search.input]
type = "object"
properties = {{ words = {{ type = "string", description = {_WORDS}, examples = [{_WORDS}], pattern = "^a" }} }}
required = ["words"]
"""
_RAN = "document.title.includes('hacked') || document.querySelectorAll('main img, main script, main iframe').length"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, str]]:
    """The pages over a file, a shop and clients that all say the same."""
    file = tmp_path_factory.mktemp("hostile") / "fanin.toml"
    file.write_text(_CONFIG)
    with scene.console(FANIN_CONFIG=str(file)) as (url, shop), browser.page() as page:
        shop.play({"GET /item": Gives({"note": MARKUP, "header": "a<b>c"}), "GET /down": Gives({"error": MARKUP}, 500)})
        page.open(f"{url}/")
        page.await_texts(VERDICT, bool)
        yield page, url


def test_in_what_is_run(world: tuple[Page, str]) -> None:
    page, _ = world
    page.type("#fields input", MARKUP)
    assert ran(page).startswith("Partial")
    for name in ("item", "down", "made"):
        page.press("#calls button.row .name", name)
    page.value("for (const each of document.querySelectorAll('#answer summary')) each.click(); 0")
    assert "X-Said" in page.texts("#answer dt")
    page.value("for (const each of document.querySelectorAll('#answer summary')) each.click(); 0")
    body = json.loads(page.texts("pre[aria-label=Body]")[0])
    assert body["item"]["note"] == MARKUP
    assert MARKUP in page.texts("#summary")[0]
    assert MARKUP in " ".join(page.texts("#fields option"))
    for language in ("curl", "Python", "JavaScript"):
        page.press("#code button", language)
    assert not page.value(_RAN)


def test_in_what_is_refused(world: tuple[Page, str]) -> None:
    page, _ = world
    page.value("run.choose('search'); 0")
    page.press("#go")
    page.await_texts(VERDICT, lambda texts: texts[0].startswith("Refused with 422"))
    page.value("run.choose('item'); 0")
    assert not page.value(_RAN)


def test_in_each_other_view(world: tuple[Page, str]) -> None:
    page, url = world
    httpx.get(f"{url}/{quote(MARKUP)}", headers={"X-Request-Id": "<b>"})
    logging.getLogger("shop").warning(MARKUP)
    for name in VIEWS:
        view(page, name)
    page.press("[role=tab]", "Recent")
    page.await_texts("#recent summary", bool)
    page.value("for (const each of document.querySelectorAll('#recent summary')) each.click(); 0")
    page.press("[role=tab]", "Configuration")
    lines = page.await_texts("#configuration .line", bool)
    assert lines[0] == f"# {MARKUP}"
    raced(page)
    assert not page.value(_RAN)


def test_in_the_description(world: tuple[Page, str]) -> None:
    page, url = world
    page.open(f"{url}/docs")
    form = "form[aria-label='Try /item/{word}']"
    page.await_texts(form, bool)
    page.type(f"{form} input", MARKUP)
    page.press(f"{form} button")
    page.await_texts("pre[aria-label=Body]", bool)
    assert MARKUP in page.value("document.querySelector('main').innerText")
    assert not page.value(_RAN)


def test_no_page_has_asked_another_host(world: tuple[Page, str]) -> None:
    """All that the tests above had it ask for, in every view."""
    page, url = world
    asked = [parts for each in page.asked if (parts := urlsplit(each)).scheme != "data"]
    read = {parts.path for parts in asked}
    assert {"/console/run", "/console/recent", "/console/sources", "/console/configuration", "/docs"} <= read
    assert {parts.netloc for parts in asked} == {urlsplit(url).netloc}
