"""The documentation's site: every page has its place, and every link leads to something."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from fanin.local import site
from fanin.local.layout import ROOT

DOCS = ROOT / "docs"
INDEX = re.findall(r"^- \[[^\]]*\]\(([^)]+)\)", (DOCS / "index.md").read_text(encoding="utf-8"), re.MULTILINE)


def navigation(entry: Any) -> list[str]:
    """List the pages of a part of mkdocs.yml, in order."""
    if isinstance(entry, str):
        return [entry]
    parts = entry if isinstance(entry, list) else entry.values()
    return [page for part in parts for page in navigation(part)]


def test_every_page_has_a_place_in_the_navigation_and_the_index_in_one_order() -> None:
    pages = navigation(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    assert pages == ["index.md", *(page.replace("decisions", "decisions/index.md") for page in INDEX)]
    assert sorted(page for page in pages if "/" not in page) == sorted(file.name for file in DOCS.glob("*.md"))


def test_links_out_of_the_docs_lead_to_what_comes_along(tmp_path: Path) -> None:
    site.gather(tmp_path)
    for page in tmp_path.rglob("*.md"):
        text = re.sub(r"^```.*?^```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        for link in re.findall(r'(?:\]\(|src="|srcset=")(?![a-z]+:)([^)"#\s]+)', text):
            assert (page.parent / link).exists(), (page, link)
    assert "async def" in (tmp_path / "repository/server/composition.py.txt").read_text()
    assert "80. The documentation's site" in (tmp_path / "decisions/index.md").read_text()


def test_a_link_to_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docs = tmp_path / "docs"
    (docs / "decisions").mkdir(parents=True)
    (docs / "a.md").write_text("[b](b.md) and `[c](c.md)`")
    monkeypatch.setattr(site, "ROOT", tmp_path)
    monkeypatch.setattr(site, "_DOCS", docs)
    monkeypatch.setattr(site, "_DECISIONS", docs / "decisions")
    with pytest.raises(FileNotFoundError, match=r"docs/a\.md links to b\.md, which is not there"):
        site.gather(tmp_path / "out")
