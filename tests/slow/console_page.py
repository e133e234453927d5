"""The console's page in a headless browser, for the tests that use it."""

from tests.slow.browser import Page

VIEWS = ("Run", "Race", "Recent", "Sources", "Configuration")
LOOKS = [(1280, 900, False), (1280, 900, True), (390, 844, False), (390, 844, True)]
"""The widths and schemes of colours that people have."""
VERDICT = "#verdict strong"


def settled(texts: list[str]) -> bool:
    """Whether the page has said what became of a request."""
    return any(text.startswith(("Partial", "Complete", "No answer", "Refused")) for text in texts)


def ran(page: Page) -> str:
    """Press Run, and give the verdict once Run can be pressed again."""
    page.press("[role=tab]", "Run")
    page.value("document.getElementById('verdict').replaceChildren()")  # of the run before
    page.press("#go")
    page.await_texts(VERDICT, settled)
    page.await_texts("#go:enabled", bool)
    return page.texts(VERDICT)[0]


def raced(page: Page) -> str:
    """Race the execution models, and give what is said once the last one has arrived."""
    view(page, "Race")
    said = "#race p[role=status]"
    page.value(f"document.querySelector('{said}').replaceChildren()")  # of the race before
    page.press("#race form button")
    return page.await_texts(said, lambda texts: bool(texts[0]))[0]


def view(page: Page, name: str) -> None:
    """Open a view, and wait until it has read what it shows, and has drawn it."""
    page.press("[role=tab]", name)
    page.value("refresh().then(() => new Promise(done => requestAnimationFrame(() => setTimeout(done))))")
