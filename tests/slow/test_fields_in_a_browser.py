"""The fields of a request, in /docs and in the console: what is written in them reaches the endpoint as it is meant."""

import json
from collections.abc import Iterator

import pytest

from tests.console import scene
from tests.slow import browser
from tests.slow.browser import Page
from tests.slow.console_page import VERDICT, ran

_FILE = """
fanin = 1
[sources.said]
compute = "parameters"
[endpoints.said]
path = "/said/{kinds}"
summary = "مرحبا بالعالم"
sources = ["said"]
[endpoints.said.parameters]
kinds = { type = "list", items = { enum = ["big", "small"] }, separator = ",", example = ["big"] }
commas = { type = "list", items = { type = "integer" }, separator = ",", default = [1] }
bars = { type = "list", items = { pattern = "[a-z]+" }, separator = "|", default = ["z"] }
spaces = { type = "list", items = { pattern = "[a-z]+" }, separator = " ", default = ["z"] }
pairs = { type = "list", items = { pattern = "[a-z]+" }, default = ["z"] }
dots = { type = "list", items = { pattern = "[a-z]+" }, separator = ".", default = ["z"] }
depth = { description = "In metres", type = "number", minimum = -90, default = 0 }
count = { type = "integer", minimum = 0, default = 0 }
share = { type = "number", minimum = 0, default = 0 }
seat = { in = "cookie", sent_as = "seat", default = "none" }
"""
_WRITTEN = {
    "kinds": "small, big",
    "commas": "1, 2",
    "bars": "a, b",
    "spaces": "a, b",
    "pairs": "a, b",
    "dots": "a.b",
    "depth": "-1.5",
}
_MEANT = {
    "kinds": ["small", "big"],
    "commas": [1, 2],
    "bars": ["a", "b"],
    "spaces": ["a", "b"],
    "pairs": ["a", "b"],
    "dots": ["a", "b"],
    "depth": -1.5,
    "count": 0,
    "share": 0,
}
_FORM = 'form[aria-label="Try /said/{kinds}"]'


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, str]]:
    file = tmp_path_factory.mktemp("fields") / "fanin.toml"
    file.write_text(_FILE)
    with scene.console(FANIN_CONFIG=str(file), FANIN_VARIABLES="") as (url, _), browser.page() as page:
        yield page, url


def fill(page: Page, form: str, written: dict[str, str]) -> None:
    for name, text in written.items():
        page.value(f"document.querySelector('{form} [name={name}]').value = {json.dumps(text)}; 0")


def said(page: Page) -> dict[str, object]:
    """Give the parameters that the endpoint had, as the answer shows them."""
    (body,) = page.await_texts("pre[aria-label=Body]", lambda texts: len(texts) == 1)
    answer: dict[str, dict[str, object]] = json.loads(body)
    return answer["said"]


def test_a_list_reaches_the_endpoint_by_its_own_separator(world: tuple[Page, str]) -> None:
    page, url = world
    page.open(f"{url}/docs")
    page.await_texts(_FORM, bool)
    fill(page, _FORM, _WRITTEN)
    page.press(f"{_FORM} button")
    assert said(page) == {**_MEANT, "seat": "none"}


def test_a_cookie_that_a_page_cannot_send_is_told_of(world: tuple[Page, str]) -> None:
    page, url = world
    page.open(f"{url}/docs")
    page.await_texts(_FORM, bool)
    fill(page, _FORM, {"seat": "7a"})
    page.press(f"{_FORM} button")
    assert said(page)["seat"] == "none"
    assert page.texts(".warn") == ["Sent without the cookie seat: a page cannot send one. curl does."]
    assert "-H 'Cookie: seat=7a'" in page.texts('pre[aria-label="The same with curl"]')[0]


def test_the_console_sends_lists_and_cookies(world: tuple[Page, str]) -> None:
    page, url = world
    page.open(f"{url}/console")
    page.await_texts(VERDICT, bool)
    fill(page, "#ask", {**_WRITTEN, "seat": "7a"})
    assert ran(page).startswith("Complete")
    assert said(page) == {**_MEANT, "seat": "7a"}


def test_a_race_says_that_it_goes_without_the_cookie(world: tuple[Page, str]) -> None:
    page, url = world
    page.open(f"{url}/console")
    page.await_texts(VERDICT, bool)
    fill(page, "#ask", {"seat": "7a"})
    page.press("[role=tab]", "Race")
    assert "Without the cookie seat: a page cannot send one." in page.texts("#race p.soft")[0]


def test_a_field_says_what_it_takes(world: tuple[Page, str]) -> None:
    page, url = world
    page.open(f"{url}/docs")
    page.await_texts(_FORM, bool)
    told = {
        name: page.value(
            f"document.querySelector('{_FORM} [name={name}]').parentElement.querySelector('.soft').innerText"
        )
        for name in ("kinds", "commas", "dots", "depth")
    }
    assert told == {
        "kinds": "a list, separated by commas, each big or small",
        "commas": "a list, separated by commas, each integer, default 1",
        "dots": "A list, its items separated by '.'. · string",
        "depth": "In metres · number, at least -90, default 0",
    }


def test_a_phones_keyboard_has_what_a_number_may_need(world: tuple[Page, str]) -> None:
    """Those for digits have no minus and no point."""
    page, url = world
    page.open(f"{url}/docs")
    page.await_texts(_FORM, bool)
    modes = {
        name: page.value(f"document.querySelector('{_FORM} [name={name}]').inputMode")
        for name in ("depth", "count", "share")
    }
    assert modes == {"depth": "", "count": "numeric", "share": "decimal"}


_GAP = """(() => {
  const node = document.getElementById("summary").lastChild, place = node.data.indexOf("1 source"), range = new Range();
  const box = at => { range.setStart(node, at); range.setEnd(node, at + 1); return range.getBoundingClientRect(); };
  return box(place + 2).left - box(place).right;
})()"""
"""How far "1" is from "source"."""


def test_a_summary_from_right_to_left_leaves_the_words_behind_it_in_their_order(world: tuple[Page, str]) -> None:
    page, url = world
    page.open(f"{url}/console")
    page.await_texts(VERDICT, bool)
    assert page.texts("#summary") == ["مرحبا بالعالم. 1 source, within 10 s."]
    assert 0 < page.value(_GAP) < 10
