"""The console of `make run` in a browser: one front door before six models, each a function in the embedded AWS."""

import json
import re
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fanin.local.process import ports
from tests.faults.recorder import Recorder
from tests.slow import axe, browser
from tests.slow.browser import Page
from tests.slow.console_page import VERDICT, raced, ran, view
from tests.stack.conftest import local_build, processes
from tests.stack.running import Run, copied

__all__ = ["local_build", "processes"]

_BROKEN = """
[sources.broken]
url = "http://127.0.0.1:{port}/"
circuit_breaker = {{ open = "1h", minimum_calls = 2, failure_rate = 0.5 }}
[endpoints.broken]
path = "/broken"
sources = ["broken"]
"""
_CITY = {"/django/async": "Tokyo"}
"""Models with caches are asked for cities of their own."""
_DOWN = b"HTTP/1.1 503 Down\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, local_build: Path) -> Iterator[Run]:
    repository = copied(tmp_path_factory.mktemp("run"))
    shutil.copytree(local_build, repository / "build" / local_build.name)
    shutil.copy(local_build.with_suffix(".built"), repository / "build")
    running = Run(repository, ports.free())
    running.wait_until(lambda: "Ctrl-C ends everything" in running.said)
    yield running
    running.process.kill()
    running.process.wait()


@pytest.fixture(scope="module")
def opened(run: Run) -> Iterator[Page]:
    with browser.page() as page:
        page.open(f"http://127.0.0.1:{run.port}/")
        page.await_texts(VERDICT, bool)
        yield page


def told(run: Run, what: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{run.port}/console/{what}", timeout=60) as answer:
        return json.load(answer)


def test_it_says_where_the_console_is(run: Run) -> None:
    assert f"http://127.0.0.1:{run.port}/console\n" in run.said


def test_a_request_runs_whose_answer_comes_at_once_at_the_end(run: Run, opened: Page) -> None:
    """It is listed, and has its line, as the endpoint's own."""
    assert ran(opened).startswith("Complete: all 6 sources in ")
    assert axe.violations(opened) == []
    requests = told(run, "recent")["requests"]
    assert ("GET", "/trip/Lisbon", 200, True) in {
        (each["method"], each["path"], each["status"], each["by_page"]) for each in requests
    }
    run.wait_until(lambda: bool(re.search(r"  200  GET /trip/Lisbon \d+ ms  geo ", run.said)))


def test_every_model_that_is_deployed_races(opened: Page) -> None:
    assert "First: " in raced(opened)
    assert len(opened.texts("#race li .name b")) == 6
    assert all(text.endswith("$ a million") for text in opened.texts("#race li .state"))


@pytest.mark.parametrize("prefix", ["", "/threads", "/sync", "/sync-threads", "/django", "/django/async"])
def test_requests_of_each_model_have_their_waterfall_and_log_lines(run: Run, opened: Page, prefix: str) -> None:
    path = f"{prefix}/trip/{_CITY.get(prefix, 'Porto')}"
    assert run.status(path) == 200
    view(opened, "Recent")
    opened.await_texts("#recent-found summary code", lambda texts: f"GET {path}" in texts)
    opened.press("#recent-found summary code", f"GET {path}")
    opened.await_texts("#recent-found details[open] pre", lambda texts: any('"message":"request"' in t for t in texts))
    (request, *_) = (each for each in told(run, "recent")["requests"] if each["path"] == path)
    spans = told(run, f"recent?id={request['id']}")["results"][0]["spans"]
    assert spans["geo"]["ended"] <= spans["country"]["started"] <= spans["country"]["ended"]
    run.wait_until(lambda: bool(re.search(rf"  200  GET {path} \d+ ms .* rates ·+[█◆]", run.said)))


def test_requests_that_are_opened_side_by_side_are_told_apart(opened: Page) -> None:
    view(opened, "Recent")
    assert len(opened.texts("#recent-found details[open] pre")) > 1
    assert axe.violations(opened) == []


def test_an_open_breaker_of_a_function_is_seen(run: Run, opened: Page) -> None:
    file = run.repository / "fanin.toml"
    with Recorder(lambda _: _DOWN) as down:
        file.write_text(file.read_text() + _BROKEN.format(port=down.port))
        run.wait_until(lambda: run.status("/broken") == 502)
        for _ in range(3):
            run.status("/broken")
    view(opened, "Sources")
    rows = opened.await_texts("#sources tbody tr", lambda rows: any("open since " in row for row in rows))
    (row,) = (row for row in rows if row.startswith("broken"))
    assert "open since " in row
    assert "circuit-open" in row or "source-unavailable" in row


def test_mistakes_of_the_file_that_is_saved_are_shown_while_the_old_version_serves(run: Run, opened: Page) -> None:
    file = run.repository / "fanin.toml"
    right = file.read_text()
    file.write_text(right + '\n[sources.mistaken]\ntiemout = "1s"\nurl = "https://mistaken.example"\n')
    view(opened, "Configuration")
    (finding, *_) = opened.await_texts("#configuration .finding.error", bool)
    assert "Fix: Write 'timeout'" in finding
    assert run.status("/trip/Lisbon") == 200
    file.write_text(right)
    opened.await_texts("#configuration .finding.error", lambda texts: not texts)
