"""The documentation's site, built and opened: it asks no other server, and can be searched."""

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from fanin.local import site
from tests.slow import axe, browser

FOUND = "[...document.querySelectorAll('*')].map(each => each.shadowRoot?.textContent ?? '').join(' ')"
"""What the search shows, which has a tree of its own."""


def until(holds: Callable[[], bool]) -> None:
    """Wait until the page is as it should be."""
    ends = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.05)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Build the site, whose links `make site` checks, and serve it."""
    assert site.main() == 0
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(site.SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_site_asks_only_its_own_server_and_finds_what_is_searched(url: str) -> None:
    with browser.page() as page:
        page.open(f"{url}/reference.html")
        assert page.texts("h1")[0].startswith("Reference")
        search = "[...document.querySelectorAll('button')].find(each => each.innerText.includes('Search'))"
        until(lambda: page.value(f"!!{search}"))
        page.value(f"{search}.click()")
        until(lambda: page.value("document.activeElement?.shadowRoot?.activeElement?.tagName") == "INPUT")
        page.insert("hedge")
        until(lambda: "Only reading, unless you say so" in page.value(FOUND))
        foreign = [address for address in page.asked if not address.startswith((url, "data:", "blob:"))]
    assert foreign == []


def test_pictures_have_the_colours_that_are_chosen_on_the_page(url: str) -> None:
    """Whatever the system's are."""
    with browser.page() as page:
        for dark, chosen, other, switch in (
            (False, "light", "dark", "Dark colours"),
            (True, "dark", "light", "Light colours"),
        ):
            page.look(1440, 900, dark=dark)
            page.open("about:blank")
            page.open(f"{url}/index.html")
            page.value("localStorage.clear()")
            page.open(f"{url}/index.html?{dark}")
            until(partial(_shows, page, f"/images/console-{chosen}.png"))
            page.value(f"document.querySelector('label[title=\"{switch}\"]').click()")
            until(partial(_shows, page, f"/images/console-{other}.png"))


def _shows(page: browser.Page, picture: str) -> bool:
    shown: list[str] = page.value(
        "[...document.querySelectorAll('article img')].filter(each => each.checkVisibility())"
        ".map(each => new URL(each.currentSrc).pathname)"
    )
    return shown == [picture]


@pytest.mark.parametrize("dark", [False, True])
def test_what_the_site_says_has_contrast(url: str, *, dark: bool) -> None:
    with browser.page() as page:
        page.look(1440, 900, dark=dark)
        page.open(f"{url}/console.html")
        until(lambda: page.texts(".md-nav__link--active") != [])
        faint = [found for found in axe.violations(page) if "color-contrast" in found[0]]
    assert faint == []
