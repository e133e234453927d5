"""The report stands by itself, and says what the figures say."""

import json
import re
from dataclasses import asdict
from html.parser import HTMLParser
from typing import Any

from measure.contrast.figures import figures
from measure.contrast.report.page import page
from measure.contrast.tables import markdown
from tests.measure.planted import raw

PLOT = '<svg role="img" aria-label="x"><use href="#billed-m"/></svg>'


def written(data: dict[str, Any] | None = None) -> str:
    data = data or raw()
    return page(data, figures(data), {"billed": PLOT})


def test_every_figure_is_computed_from_what_results_json_keeps() -> None:
    data = raw()
    kept = json.loads(json.dumps({**data, "figures": asdict(figures(data))}))
    assert json.loads(json.dumps(asdict(figures(kept)))) == kept["figures"]


def test_the_page_refers_to_nothing_outside_it() -> None:
    found: list[str] = []

    class References(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag not in {"script", "link", "iframe", "img", "object", "base"}, tag
            found.extend(value or "" for name, value in attrs if name in {"href", "src", "srcset", "xlink:href"})

    text = written()
    References().feed(text)
    assert found
    assert all(reference.startswith("#") for reference in found), found
    assert "@import" not in text
    assert re.findall(r"url\((?!#)", text) == []


def test_links_within_the_page_lead_somewhere() -> None:
    text = written()
    for target in re.findall(r'<a href="#([^"]+)"', text):
        assert f'id="{target}"' in text


def test_texts_are_escaped() -> None:
    assert "&lt;careless&gt;" in written()
    assert "<careless>" not in written()


def test_a_busy_machine_and_a_quick_run_are_confessed() -> None:
    assert 'class="notice"' not in written()
    assert "settles nothing" in written(raw() | {"quick": True})
    assert "had other work" in written(raw() | {"load_before": 3.5})


def test_both_colour_schemes_have_their_colours() -> None:
    assert "prefers-color-scheme: dark" in written()


def test_one_endpoint_has_a_report_without_the_eight_claims() -> None:
    data = raw()
    del data["server"], data["probes"], data["calibration"]
    text = written(data)
    assert "Eight claims" not in text
    assert "Lambda: ms of a warm request" in text


def test_a_deployment_has_a_report() -> None:
    rows = [
        {"model": name, "round": turn, "status": 200, "complete": True, "ms": ms}
        for name, ms in (("async", 120.0), ("sync", 840.0))
        for turn in range(3)
    ]
    data = {key: value for key, value in raw().items() if key not in ("lambda", "server", "probes", "waterfalls")}
    data["deployment"] = {"url": "https://a.example", "path": "/trip/Lisbon", "requests": rows}
    data["deployment"]["models"] = {name: {"prefix": "", "calls": ""} for name in ("async", "sync")}
    text = page(data, figures(data), {})
    assert "What async is worth for https://a.example" in text
    assert "0.14" in text


def test_the_tables_hold_in_markdown() -> None:
    data = raw()
    for block in markdown(data, figures(data)).split("\n\n"):
        if block.startswith("|"):
            widths = {line.count("|") for line in block.splitlines()}
            assert len(widths) == 1, block
