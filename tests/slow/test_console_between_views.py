"""The console's views, as people go from one to another: also before they have been read, and by their addresses."""

from collections.abc import Iterator

import pytest

from tests.console import scene
from tests.slow import browser
from tests.slow.browser import Page
from tests.slow.console_page import VERDICT


@pytest.fixture(scope="module")
def console() -> Iterator[tuple[Page, str]]:
    with scene.console() as (url, _), browser.page() as page:
        yield page, f"{url}/console"


@pytest.fixture
def opened(console: tuple[Page, str]) -> Page:
    """Open the console anew."""
    page, url = console
    page.open("about:blank")
    page.open(url)
    page.await_texts(VERDICT, bool)
    return page


@pytest.mark.parametrize("name", ["recent", "sources", "configuration"])
def test_a_view_that_was_left_before_it_was_read_is_shown_when_it_is_opened_again(opened: Page, name: str) -> None:
    opened.value(f"at('tab-{name}').click(); const left = refresh(); at('tab-run').click(); left")
    opened.press("[role=tab]", name.capitalize())
    opened.await_texts(f"#{name}", lambda texts: bool(texts[0]))


def test_what_cannot_be_read_in_one_view_is_not_said_in_another(opened: Page) -> None:
    opened.value("window.whole = window.fetch; window.fetch = async () => { throw new Error('away') }; 0")
    opened.press("[role=tab]", "Sources")
    opened.await_texts("#notice", lambda texts: texts == ["It cannot be read: away"])
    opened.press("[role=tab]", "Run")
    assert opened.texts("#notice") == [""]
    opened.value("at('tab-sources').click(); const left = refresh(); at('tab-run').click(); left")
    assert opened.texts("#notice") == [""]


_HELD = """
window.whole = window.fetch;
window.held = new Promise(done => { window.release = done; });
window.fetch = async (...asked) => { await held; return whole(...asked); };
0"""


def test_a_race_goes_on_by_itself_until_it_ends(opened: Page) -> None:
    """Another one cannot begin beside it, though the view is left and opened again."""
    opened.value(_HELD)
    opened.press("[role=tab]", "Race")
    opened.press("#race form button")
    opened.await_texts("#race .name b", bool)
    opened.press("[role=tab]", "Run")
    opened.press("[role=tab]", "Race")
    assert opened.texts("#race form button:enabled") == []
    opened.value("release(); 0")
    opened.await_texts("#race form button:enabled", bool)
    assert opened.texts("#race .name b") == ["FastAPI, event loop", "FastAPI, threads"]


def test_a_race_is_of_the_endpoint_that_it_names(opened: Page) -> None:
    opened.press("[role=tab]", "Race")
    opened.press("#race form button")
    opened.await_texts("#race form button:enabled", bool)
    opened.await_texts("#race p[role=status]", lambda texts: texts[0].startswith("First: "))
    opened.value("run.choose('search'); 0")
    opened.press("[role=tab]", "Run")
    opened.press("[role=tab]", "Race")
    assert opened.texts("#race p.soft")[0].startswith("POST /search, ")
    assert opened.texts("#race .name b") == []
    assert opened.texts("#race p[role=status]") == [""]


def test_a_race_that_all_refuse_says_so(opened: Page) -> None:
    opened.type("#fields input", "x")  # where a number belongs
    opened.press("[role=tab]", "Race")
    opened.press("#race form button")
    said = opened.await_texts("#race p[role=status]", lambda texts: bool(texts[0]))
    assert said == ["No model gave an answer: status 422."]


def test_an_address_leads_back_to_the_view_and_the_endpoint(opened: Page) -> None:
    choice = "document.getElementById('endpoint')"
    opened.value(f"{choice}.value = 'search'; {choice}.dispatchEvent(new Event('change')); 0")
    assert opened.value("location.hash") == "#run/search"
    opened.press("[role=tab]", "Race")
    address = opened.value("location.href")
    assert address.endswith("/console#race/search")
    opened.open("about:blank")
    opened.open(address)
    opened.await_texts("#race p.soft", lambda texts: bool(texts) and texts[0].startswith("POST /search, "))
    opened.press("[role=tab]", "Recent")
    assert opened.value("location.hash") == "#recent"


def test_an_address_that_is_changed_is_followed(opened: Page) -> None:
    opened.value("location.hash = '#run/search'; 0")
    opened.await_texts("#summary", lambda texts: texts[0].startswith("Products by words"))
    opened.value("location.hash = '#configuration'; 0")
    opened.await_texts("#configuration h2", bool)
    opened.value("location.hash = '#nothing/there'; 0")
    opened.await_texts("#configuration", lambda _: opened.value("location.hash") == "#configuration")
    assert opened.texts("#configuration h2")


def test_on_a_phone_the_tab_of_the_view_that_an_address_leads_to_can_be_seen(opened: Page) -> None:
    opened.look(360, 740)
    opened.value("location.hash = '#configuration'; 0")
    opened.await_texts("#configuration h2", bool)
    box = opened.value("(({left, right}) => [left, right])(at('tab-configuration').getBoundingClientRect())")
    opened.look(*browser.SIZE)
    assert 0 <= box[0] < box[1] <= 360
