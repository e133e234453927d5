"""The report is the documentation's page with the figures of a run in their places, and stands by itself."""

import json
import math
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from benchmarks.contrast.claims import CLAIMS, Held
from benchmarks.contrast.figures import figures
from benchmarks.contrast.page import parts, report
from benchmarks.statistics import Ratio, ratio
from benchmarks.tables import factor, filled, spread
from fanin.local.layout import ROOT
from tests.benchmarks.planted import raw

DOCUMENT = (ROOT / "docs/contrast.md").read_text()
PLOTS = ("main", "billed", "throughput", "latency")
SVG = '<svg role="img" aria-label="x"><use href="#billed-m"/></svg>'


def written(data: dict[str, Any] | None = None) -> str:
    data = data or raw()
    return report(DOCUMENT, data, parts(data, figures(data)), dict.fromkeys(PLOTS, SVG))


def test_every_figure_is_computed_from_what_results_json_keeps() -> None:
    data = raw()
    kept = json.loads(json.dumps(data))
    assert parts(kept, figures(kept)) == parts(data, figures(data))


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


def test_texts_are_escaped() -> None:
    assert "&lt;stock-shared&gt;" in written()
    assert "<stock-shared>" not in written()


def test_a_busy_machine_and_a_quick_run_are_confessed() -> None:
    assert "<blockquote>" not in written()
    assert "settles nothing" in written(raw() | {"quick": True})
    assert "had other work" in written(raw() | {"load_before": 3.5})


def test_both_colour_schemes_have_their_colours() -> None:
    assert "prefers-color-scheme: dark" in written()


def test_every_table_and_plot_has_one_place_in_the_documentation() -> None:
    places = re.findall(r"<!-- of a run: (\S+) -->", DOCUMENT)
    data = raw()
    assert sorted(places) == sorted([*parts(data, figures(data)), *PLOTS, "contents"])


def test_the_documentation_has_the_claims_in_their_order() -> None:
    assert re.findall(r"^### \d\. (.*)$", DOCUMENT, re.MULTILINE) == [claim.rstrip(".") for claim in CLAIMS]


def test_a_place_is_filled_with_what_was_found_and_can_be_filled_again() -> None:
    text = "a\n\n<!-- of a run: one --><!-- end -->\n\nb\n\n<!-- of a run: two -->\n\nold\n\n<!-- end -->"
    once = filled(text, {"one": "new"})
    assert once == text.replace("one --><", "one -->\n\nnew\n\n<")
    assert filled(once, {"one": "newer"}) == once.replace("new", "newer")


def test_the_main_chart_and_what_to_do_come_before_the_contents_and_the_claims() -> None:
    text = written()
    marks = ('<figure tabindex="0">', "So do this.", '<nav aria-label="Contents">', 'id="the-eight-claims"', "<table")
    at = [text.index(mark) for mark in marks]
    assert at == sorted(at)


def test_every_heading_is_in_the_contents() -> None:
    text = written()
    listed = re.findall(r'<li class="of-[23]"><a href="#([^"]+)">', text)
    assert listed == re.findall(r'<h[23] id="([^"]+)">', text)
    assert len(listed) == len(set(listed)) > 20


def test_a_whole_run_leaves_no_place_empty_and_no_claim_unjudged() -> None:
    text = written(raw(throughput={"one-process": 900, "one-process-django": 400, "collecting": 800}))
    assert "Not recorded" not in text
    assert not re.findall(r"<!-- of a run: (\S+) -->\s*<!-- end -->", text.replace("of a run: notices", ""))
    assert f">{Held.UNKNOWN}<" not in text
    assert f'<span class="yes">{Held.YES}</span>' in text


@pytest.mark.parametrize(("rounds", "told"), [(1, "5"), (2, "5"), (3, "5 (4\N{EN DASH}6)")])
def test_an_interval_takes_three_rounds(rounds: int, told: str) -> None:
    samples = [4.0, 5.0, 6.0] if rounds > 2 else [5.0] * rounds
    assert spread(samples) == told
    assert factor(ratio(samples, [1.0] * rounds), 0) == told


def test_a_ratio_without_an_upper_bound_has_a_lower_one() -> None:
    assert factor(Ratio(5, 4, None), 0) == "5 (from 4)"
    assert factor(math.inf) == "\N{INFINITY}"
    assert factor(None) == "\N{EN DASH}"


def test_a_limit_below_a_second_is_not_rounded_away() -> None:
    data = raw()
    data["server"]["limit_s"] = 0.4
    assert "<td>0.4 s</td>" in written(data)


def test_one_endpoint_has_a_report_without_the_eight_claims() -> None:
    data = raw()
    del data["server"], data["probes"], data["calibration"]
    text = written(data)
    assert "claim" not in text
    assert "Lambda: ms of a warm request" in text


def test_a_deployment_has_a_report() -> None:
    rows = [
        {"model": name, "round": turn, "status": 200, "complete": True, "ms": ms}
        for name, ms in (("async", 120.0), ("sync", 840.0))
        for turn in range(3)
    ]
    data = {key: value for key, value in raw().items() if key not in ("lambda", "server", "probes")}
    data["deployment"] = {"url": "https://a.example", "path": "/trip/Lisbon", "requests": rows}
    text = report(DOCUMENT, data, parts(data, figures(data)), {})
    assert "What async is worth for https://a.example" in text
    assert "0.14" in text


def test_the_tables_hold_in_markdown() -> None:
    data = raw()
    for text in parts(data, figures(data)).values():
        widths = {line.count("|") for line in text.splitlines() if line.startswith("|")}
        assert len(widths) <= 1, text
