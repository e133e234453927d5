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
