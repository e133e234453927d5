"""The admin beside FastAPI works in a real browser: a person signs in, searches the call log and filters it.

With FANIN_SCREENSHOTS=docs/images the picture of it in the docs is made anew.
"""

import os

from fanin.local.layout import ROOT
from fanin.local.upstream.process import Upstream
from tests.contract.ask import Ask, Question
from tests.server.serving import PASSWORD, Admin
from tests.slow import browser

_PNG = b"\x89PNG\r\n\x1a\n"
CITIES = ("Lisbon", "Paris", "Tokyo")
SOURCES = 6


def test_the_call_log_is_found_in_a_browser(
    url: str, admin: Admin, functions: dict[str, Ask], upstream: Upstream, mark: str
) -> None:
    upstream.rules({"frankfurter": {"fail": "status", "status": 503}})
    for ask in functions.values():
        for city in CITIES:
            ask(Question(f"/trip/{city}", mark))
    upstream.reset()
    admin.await_calls(len(CITIES) * SOURCES, q=f"/django/async/trip {mark}")
    with browser.page() as page:
        page.open(f"{url}/admin/")
        page.type("#id_username", "admin")
        page.type("#id_password", PASSWORD)
        page.click("input[type=submit]")
        assert "CALL LOG" in page.texts("caption")
        page.click("th a", "Calls")
        page.type("#searchbar", f"/django/async/trip {mark}")
        page.click("#changelist-search input[type=submit]")
        assert len(page.texts("#result_list tbody tr")) == len(CITIES) * SOURCES
        page.click("#changelist-filter a", "source-unavailable")
        assert page.texts("#result_list .field-source") == ["rates"] * len(CITIES)
        assert page.texts("#result_list .field-outcome") == ["source-unavailable"] * len(CITIES)
        picture = page.screenshot()
    assert picture.startswith(_PNG)
    (ROOT / os.environ.get("FANIN_SCREENSHOTS", "build/server") / "admin.png").write_bytes(picture)
