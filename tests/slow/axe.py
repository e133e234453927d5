"""axe, the reference of automated accessibility tests, in a page of the headless browser.

https://github.com/dequelabs/axe-core
"""

from functools import cache

from fanin.local.layout import ROOT
from tests.slow.browser import Page

_RUN = """
axe.run(document, {resultTypes: ["violations"]}).then(({violations}) => violations.map(({id, impact, help, nodes}) =>
  [`${impact}: ${id}: ${help}`, ...nodes.slice(0, 5).map(node => `${node.html.slice(0, 200)} ${node.failureSummary}`)]))
"""
_SCRIPT = "lib/python*/site-packages/axe_playwright_python/axe.min.js"


def violations(page: Page) -> list[list[str]]:
    """Give all that axe finds in a page as it is now: what is wrong, and the first elements that it is wrong with."""
    if page.value("typeof axe") == "undefined":
        page.value(f"{_script()}; 0")
    found: list[list[str]] = page.value(_RUN)
    return found


@cache
def _script() -> str:
    script = next((ROOT / ".tools/browser").glob(_SCRIPT), None)
    assert script is not None, "axe is missing: make .tools/browser/.installed"
    return script.read_text(encoding="utf-8")
