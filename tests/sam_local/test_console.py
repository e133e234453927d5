"""The console in a browser, before functions in containers: each request of the page is an invocation of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fanin.local.containers import sam_local
from fanin.local.containers.sam_local import Sandbox
from fanin.local.process import ports
from fanin.local.process.processes import Processes
from tests.slow import browser
from tests.slow.browser import Page
from tests.slow.console_page import VERDICT, ran, view


@pytest.fixture(scope="module")
def opened(template: Path, sandbox: Sandbox, processes: Processes) -> Iterator[Page]:
    with sam_local.api(template, ports.free(), sandbox, processes) as running, browser.page() as page:
        page.open(f"{running.url}/")
        page.await_texts(VERDICT, bool)
        yield page


def test_a_request_is_drawn(opened: Page) -> None:
    opened.value("run.choose('trip')")
    ran(opened)
    (title,) = opened.texts(VERDICT)
    assert title.startswith("Complete: all 6 sources in ")
    assert {"geo", "weather", "air", "country", "summary", "rates"} <= set(opened.texts("#calls .row .name"))


def test_every_model_races(opened: Page) -> None:
    view(opened, "Race")
    opened.press("#race form button")
    opened.await_texts("#race p[role=status]", lambda texts: "First: " in texts[0])
    assert len(opened.texts("#race li .name b")) == 6
    assert all(text.endswith("$ a million") for text in opened.texts("#race li .state"))


def test_views_of_one_process_are_not_offered(opened: Page) -> None:
    """Each container knows its own requests only."""
    assert opened.texts("[role=tab]") == ["Run", "Race", "Configuration"]
