"""Names as long as fanin.toml lets them be: they break, or are cut with dots, and nothing reaches beyond the window."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fanin.local.upstream.script import Gives
from tests.console import scene
from tests.slow import browser
from tests.slow.browser import Page
from tests.slow.console_page import LOOKS, VERDICT, VIEWS, raced, ran, view

_LONG = "an_uncommonly_long_name_of_which_no_part_is_like_a_word_to_break"
_FILE = f"""
fanin = 1
[variables]
shop = "https://shop.example"
[api]
title = "{_LONG}"
[sources.{_LONG}]
url = "{{$shop}}/rates?of={{{_LONG}}}"
[sources.adverts]
url = "{{$shop}}/adverts"
[endpoints.{_LONG}]
path = "/{_LONG}/and/{_LONG}/{{{_LONG}}}"
summary = "{_LONG}"
sources = ["{_LONG}", "adverts"]
required = ["{_LONG}"]
parameters.{_LONG} = {{ example = "{_LONG}{_LONG}", description = "{_LONG}" }}
[endpoints.{_LONG}_2]
path = "/2"
sources = ["adverts"]
parameters.{_LONG} = {{ default = "{_LONG}" }}
"""
_ACCESSIBLE = Path(__file__).with_name("accessible.js").read_text()
WIDTHS = [(360, 740, False), *LOOKS]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, str]]:
    file = tmp_path_factory.mktemp("long") / "fanin.toml"
    file.write_text(_FILE)
    with scene.console(FANIN_CONFIG=str(file)) as (url, shop), browser.page() as page:
        shop.play({**scene.SCRIPT, "GET /rates": Gives({_LONG: _LONG * 5})})
        yield page, url


def fits(page: Page, width: int) -> None:
    assert page.value("document.documentElement.scrollWidth") <= width
    assert page.value(f"(() => {{ {_ACCESSIBLE}; return cutOff() }})()") == []


@pytest.mark.parametrize(("width", "height", "dark"), WIDTHS)
def test_in_the_console(world: tuple[Page, str], width: int, height: int, *, dark: bool) -> None:
    page, url = world
    page.look(width, height, dark=dark)
    page.open("about:blank")
    page.open(f"{url}/console")
    page.await_texts(VERDICT, bool)
    fits(page, width)
    assert ran(page).startswith("Partial")
    page.press("#calls button.row .name", _LONG)
    raced(page)
    for name in VIEWS:
        view(page, name)
        if name == "Recent":
            page.press("#recent summary code", f"GET /{_LONG}/and/{_LONG}/{_LONG}{_LONG}")
            page.await_texts("#recent .row .name", bool)
        fits(page, width)
        if name == "Sources":
            assert (
                page.value("document.querySelector('.wide').scrollWidth - document.querySelector('.wide').clientWidth")
                == 0
            )


def test_an_opened_call_shows_its_name_in_full(world: tuple[Page, str]) -> None:
    page, url = world
    page.look(360, 740)
    page.open("about:blank")
    page.open(f"{url}/console")
    page.await_texts(VERDICT, bool)
    page.press("#calls button.row .name", _LONG)
    page.await_texts("#calls .detail", bool)
    name = "document.querySelector('#calls [aria-expanded=true] .name')"
    assert page.value(f"{name}.scrollWidth <= {name}.clientWidth")


@pytest.mark.parametrize(("width", "height", "dark"), WIDTHS)
def test_in_the_description(world: tuple[Page, str], width: int, height: int, *, dark: bool) -> None:
    page, url = world
    page.look(width, height, dark=dark)
    page.open(f"{url}/docs")
    page.await_texts("article form", bool)
    page.press("article form button")
    page.await_texts(".timings tr", bool)
    page.value("document.querySelectorAll('details').forEach(each => { each.open = true }); 0")
    fits(page, width)
