"""axe finds nothing in the console, the description and the report of the contrast, as people look at them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fanin.local.upstream.scripted import ScriptedUpstreams
from tests.benchmarks.test_report import written
from tests.console import scene
from tests.slow import axe, browser
from tests.slow.browser import Page
from tests.slow.console_page import LOOKS, VERDICT, raced, ran, settled, view

type World = tuple[Page, str, ScriptedUpstreams, Path]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The console, with requests of each kind behind it, and mistakes in its file."""
    file = tmp_path_factory.mktemp("axe") / "fanin.toml"
    file.write_text(scene.CONFIGURATION.read_text())
    with scene.console(FANIN_CONFIG=str(file)) as (url, shop), browser.page() as page:
        page.open(f"{url}/")
        page.await_texts(VERDICT, bool)
        yield page, url, shop, file


@pytest.mark.parametrize(("width", "height", "dark"), LOOKS)
def test_in_each_view_of_the_console(world: World, width: int, height: int, *, dark: bool) -> None:
    page, _, shop, file = world
    page.look(width, height, dark=dark)
    file.write_text(scene.CONFIGURATION.read_text())
    shop.play(scene.SCRIPT)
    assert axe.violations(page) == []
    assert ran(page).startswith("Partial")
    for name in ("stock", "delivery"):
        page.press("#calls button.row .name", name)
    assert axe.violations(page) == []
    raced(page)
    assert axe.violations(page) == []
    view(page, "Recent")
    page.press("#recent summary code", "GET /products/7")
    page.await_texts("#recent .row .name", bool)
    assert axe.violations(page) == []
    view(page, "Sources")
    page.await_texts("#sources tbody tr", bool)
    assert axe.violations(page) == []
    file.write_text(file.read_text().replace("[sources.gift]", "[sources.gift]\ntiemout = '1s'"))
    view(page, "Configuration")
    page.await_texts("#configuration .finding", bool)
    assert axe.violations(page) == []
    view(page, "Run")


@pytest.mark.parametrize("dark", [False, True])
def test_where_a_request_is_refused_or_fails(world: World, *, dark: bool) -> None:
    page, _, shop, _ = world
    page.look(390, 844, dark=dark)
    shop.play({**scene.SCRIPT, "GET /products/{id}": scene.DOWN})
    assert ran(page).startswith("No answer: status 502")
    assert axe.violations(page) == []
    page.value("run.choose('product'); document.querySelector('#fields input').value = 'x'; 0")
    page.press("#go")
    page.await_texts(VERDICT, lambda texts: settled(texts) and texts[0].startswith("Refused"))
    assert axe.violations(page) == []
    page.value("run.choose('product'); 0")


def test_where_a_caller_is_asked_who_it_is(tmp_path: Path) -> None:
    file = tmp_path / "fanin.toml"
    file.write_text(scene.CONFIGURATION.read_text() + '\n[callers.staff]\nauthorizer = { header = "X-Staff" }\n')
    with scene.console(FANIN_CONFIG=str(file), FANIN_CONSOLE="staff") as (url, _), browser.page() as page:
        page.open(f"{url}/")
        page.await_texts("#admission h2", bool)
        for width, height, dark in LOOKS:
            page.look(width, height, dark=dark)
            assert axe.violations(page) == [], (width, dark)


def test_in_the_description_with_answers_of_each_kind(world: World) -> None:
    _, url, shop, _ = world
    with browser.page() as page:
        page.open(f"{url}/docs")
        page.await_texts("form[aria-label='Try /products/{id}']", bool)
        shop.play(scene.SCRIPT)
        page.press("form[aria-label='Try /products/{id}'] button")
        page.await_texts(".timings tr", bool)
        page.type("form[aria-label='Try POST /search'] textarea", "no JSON")
        page.press("form[aria-label='Try POST /search'] button")
        page.await_texts(".status.bad", bool)
        page.value("document.querySelectorAll('details').forEach(each => { each.open = true }); 0")
        for width, height, dark in LOOKS:
            page.look(width, height, dark=dark)
            assert axe.violations(page) == [], (width, dark)


def test_in_the_report_of_the_contrast(tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(written())
    with browser.page() as page:
        page.open(file.as_uri())
        for width, height, dark in LOOKS:
            page.look(width, height, dark=dark)
            assert axe.violations(page) == [], (width, dark)


def test_axe_would_find_something(world: World) -> None:
    """It is no axe that sees nothing."""
    page, *_ = world
    page.value("document.querySelector('main').append(document.createElement('img')); 0")
    found = axe.violations(page)
    page.value("document.querySelector('main > img').remove(); 0")
    assert [each[0].split(": ")[1] for each in found] == ["image-alt"]
