"""`make contrast` as a whole, quickly: that it works, not what it finds."""

import json
import re
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.contrast.figures import billed, figures
from benchmarks.contrast.models import MODELS
from fanin.local.layout import BUILD, ROOT

FOLDER = BUILD / "contrast"


def contrast(*variables: str) -> dict[str, Any]:
    subprocess.run(["make", "contrast", "QUICK=1", *variables], cwd=ROOT, check=True, timeout=600)
    results: dict[str, Any] = json.loads((FOLDER / "results.json").read_text())
    return results


@pytest.fixture(scope="module", autouse=True)
def _kept() -> Iterator[None]:
    """Leave the results of a person's own run as they were."""
    before = {path: path.read_bytes() for path in FOLDER.glob("*") if path.is_file()}
    yield
    for path, content in before.items():
        path.write_bytes(content)


def test_everything_is_measured_and_told() -> None:
    results = contrast()
    assert set(results["lambda"]["models"]) == {model.name for model in MODELS}
    servers = {row["server"] for row in results["server"]["closed"]}
    assert {"async", "gunicorn-sync", "stock-shared", "stock-new", "stock-django"} <= servers
    report = (FOLDER / "report.html").read_text()
    overview = report[: report.index("</table>")]
    assert "does not hold" in overview
    assert "not measured" not in overview  # of databases, a quick run leaves out what other rows say
    outside = set(re.findall(r'(?:href|src)="(?!#)([^"]*)"', report))
    assert not outside, outside
    assert all(len(Path(FOLDER, f"billed.{kind}").read_bytes()) > 1000 for kind in ("svg", "png"))


def test_eight_calls_at_once_cost_a_fraction_of_eight_in_turn() -> None:
    warm = figures(contrast()).warm["8"]
    at_once, in_turn = statistics.median(billed(warm["async"])), statistics.median(billed(warm["sync"]))
    assert at_once < 0.3 * in_turn
    assert statistics.median(billed(warm["sync-threads"])) < 2 * at_once


def test_an_endpoint_of_ones_own_is_measured() -> None:
    results = contrast("ENDPOINT=trip", "DELAY=50")
    assert results["lambda"]["questions"] == {"trip": "/trip/Lisbon"}
