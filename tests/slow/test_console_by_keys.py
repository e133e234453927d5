"""The console by keyboard only: no test here clicks, and none sets what a person would have to type."""

import json
from collections.abc import Iterator

import httpx
import pytest

from fanin.callers.keys.document import write_document
from fanin.callers.keys.form import new_key
from fanin.callers.keys.record import Record
from tests.console import scene
from tests.slow import browser
from tests.slow.browser import Page
from tests.slow.console_page import VERDICT, settled

_FOCUS = "document.activeElement"
_MANY = 120
"""Steps with the Tab key that reach anything on the page."""


@pytest.fixture(scope="module")
def opened() -> Iterator[Page]:
    with scene.console() as (url, _), browser.page() as page:
        page.open(f"{url}/")
        page.await_texts(VERDICT, bool)
        yield page


def reach(page: Page, wanted: str, *, shift: bool = False) -> None:
    """Press Tab until what has the focus is wanted: a condition over `it`; the focus can always be seen."""
    for _ in range(_MANY):
        page.key("Tab", shift=shift)
        if page.value(f"(it => it !== document.body && ({wanted}))({_FOCUS})"):
            assert page.value(f"{_FOCUS}.matches(':focus-visible')")
            assert page.value(f"getComputedStyle({_FOCUS}).outlineStyle") != "none"
            return
    raise AssertionError(wanted)


def to_tab(page: Page, name: str) -> None:
    """Go back to the row of tabs, and along it."""
    page.value("scrollTo(0, 0)")
    reach(page, "it.getAttribute('role') === 'tab'", shift=page.value(f"!!{_FOCUS}.closest('main')"))
    page.key("Home")
    for _ in range(5):
        if page.value(f"{_FOCUS}.textContent") == name:
            break
        page.key("ArrowRight")
    assert page.value(f"[{_FOCUS}.textContent, {_FOCUS}.getAttribute('aria-selected')]") == [name, "true"]
    assert page.value(f"!document.getElementById({_FOCUS}.getAttribute('aria-controls')).hidden")


def test_the_first_key_leads_past_the_head(opened: Page) -> None:
    opened.key("Tab")
    assert opened.value(f"{_FOCUS}.className") == "skip"
    opened.key("Enter")
    reach(opened, "it.id === 'endpoint'")


def test_a_request_is_chosen_filled_in_run_and_looked_into(opened: Page) -> None:
    page = opened
    to_tab(page, "Run")
    reach(page, "it.id === 'endpoint'")
    page.key("ArrowDown")  # another endpoint, whose request has a body
    page.await_texts("#summary", lambda texts: texts[0].startswith("Products by words"))
    reach(page, "it.tagName === 'TEXTAREA'")
    reach(page, "it.id === 'go'")
    page.key("Enter")
    page.await_texts(VERDICT, lambda texts: settled(texts) and texts[0].startswith("Complete"))
    page.await_texts("#go:enabled", lambda _: page.value(f"{_FOCUS}.id") == "go")  # for the next run
    reach(page, "it.matches('#calls button.row')")
    page.key("Enter")
    assert "Attempt 1" in page.await_texts("#calls .detail", bool)[0]
    assert page.value(f"{_FOCUS}.getAttribute('aria-expanded')") == "true"
    page.key("Space")
    page.await_texts("#calls .detail", lambda texts: not texts)
    reach(page, "it.id === 'graph'")
    reach(page, "it.getAttribute('aria-label') === 'Body'")
    reach(page, "it.textContent.startsWith('Headers')")
    page.key("Enter")
    page.await_texts("#answer dt", lambda names: "Fanin-Complete" in names)
    reach(page, "it.textContent === 'JavaScript'")
    page.key("Enter")
    page.await_texts("#code pre", lambda texts: texts[0].startswith("const response = await fetch("))
    assert page.value(f"{_FOCUS}.textContent") == "JavaScript"  # where it was, for the next key


def test_models_race(opened: Page) -> None:
    page = opened
    to_tab(page, "Race")
    reach(page, "it.textContent === 'Start the race'")
    page.key("Enter")
    assert "First: " in page.await_texts("#race p[role=status]", lambda texts: bool(texts[0]))[0]
    assert page.value(f"{_FOCUS}.textContent") == "Start the race"
    reach(page, "it.id === 'race-memory'")
    before = page.texts("#race .state")
    page.insert("3008")  # in place of what stands there, which the Tab key has selected
    page.await_texts("#race .state", lambda texts: bool(texts) and texts != before)


def test_recent_requests_are_filtered_and_opened(opened: Page) -> None:
    page = opened
    httpx.get(page.value("location.origin") + "/products/7")
    to_tab(page, "Recent")
    page.await_texts("#recent summary", lambda texts: any("products" in text for text in texts))
    reach(page, "it.id === 'recent-endpoint'")
    page.key("ArrowDown")
    page.key("ArrowDown")  # the second endpoint, which was run above
    page.await_texts("#recent-found summary", lambda texts: bool(texts) and "products" not in " ".join(texts))
    reach(page, "it.id === 'recent-text'")
    page.insert("nothing has this")
    page.await_texts("#recent-found summary", lambda texts: not texts)
    page.value(f"{_FOCUS}.select()")
    page.insert("by run")
    page.await_texts("#recent-found summary", lambda texts: bool(texts) and all("by Run" in text for text in texts))
    reach(page, "it.matches('#recent-found summary')")
    page.key("Enter")
    page.await_texts("#recent-found .row .name", lambda names: "rates" in names)


@pytest.mark.parametrize(("name", "wanted"), [("Sources", "Sources"), ("Configuration", "console.toml")])
def test_what_scrolls_can_be_reached(opened: Page, name: str, wanted: str) -> None:
    to_tab(opened, name)
    opened.await_texts(f"#{name.lower()} [aria-label='{wanted}']", bool)
    reach(opened, f"it.getAttribute('aria-label') === '{wanted}'")


@pytest.mark.parametrize("key", ["ArrowLeft", "End"])
def test_tabs_go_round(opened: Page, key: str) -> None:
    to_tab(opened, "Run")
    opened.key(key)
    assert opened.value(f"{_FOCUS}.textContent") == "Configuration"


def test_who_has_to_say_who_they_are_can(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("guarded") / "fanin.toml"
    file.write_text(scene.CONFIGURATION.read_text() + '\n[callers.staff]\nauthorizer = { header = "X-Staff" }\n')
    with scene.console(FANIN_CONFIG=str(file), FANIN_CONSOLE="staff") as (url, _), browser.page() as page:
        page.open(f"{url}/")
        page.await_texts("#admission h2", bool)
        reach(page, "it.id === 'admission-value'")
        page.insert("nobody")
        page.key("Enter")
        page.await_texts("#notice", lambda texts: texts == ["These credentials are not admitted."])
        assert page.value("document.getElementById('run').hidden")


def test_who_is_admitted_goes_on_at_the_view(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder, key = tmp_path_factory.mktemp("admitted"), new_key()
    (folder / "keys.json").write_text(write_document({key.id: Record(key.id, key.sha256, "ada", "test", 1)}))
    file = folder / "fanin.toml"
    file.write_text(scene.CONFIGURATION.read_text() + "\n[callers.staff]\nkeys = {}\n")
    given = {"FANIN_CONFIG": str(file), "FANIN_CONSOLE": "staff", "FANIN_KEYS": f"file:{folder / 'keys.json'}"}
    with scene.console(**given) as (url, _), browser.page() as page:
        page.open(f"{url}/console#configuration")
        page.await_texts("#admission h2", any)
        reach(page, "it.id === 'admission-name'")
        page.insert("X-Api-Key")  # in place of what stands there, which the Tab key has selected
        reach(page, "it.id === 'admission-value'")
        page.insert(key.text)
        page.key("Enter")
        page.await_texts("#configuration h2", bool)
        assert page.value(f"{_FOCUS}.textContent") == "Configuration"
        assert not page.value(f"document.documentElement.outerHTML.includes({json.dumps(key.text)})")
