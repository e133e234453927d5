"""Another fanin.toml in the repository's root: nothing there is made for the demo."""

import json
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
from pathlib import Path

import pytest

from fanin.config import load
from fanin.local.layout import ROOT
from fanin.local.process import ports
from fanin.local.process.console import Console
from fanin.local.smoke import run as smoke
from tests.slow import projects
from tests.stack.running import Run, copied

_FILES = ("template.yaml", "samconfig.toml", "functions", "layers", "events", "tests/project")
_DEMO = re.compile(r"\b(trip|Lisbon|open.?meteo|wikipedia)\b", re.IGNORECASE)


def test_no_file_of_a_project_speaks_of_the_demo() -> None:
    files = [file for name in _FILES for file in [ROOT / name, *(ROOT / name).rglob("*")] if file.is_file()]
    texts = {file: file.read_text() for file in files if "__pycache__" not in file.parts}
    assert [str(file.relative_to(ROOT)) for file, text in texts.items() if _DEMO.search(text)] == []


OWN = """fanin = 1
[api]
title = "Lager"
version = "7"
contact = { name = "Team Lager" }
problems = "https://lager.example/problems#"
[cors]
origins = ["https://app.lager.example"]
[sources.stock]
compute = "{shelf: parameters.shelf, session: parameters.session, tea: `40`}"
[sources.order]
compute = "{sku: input.sku}"
[endpoints.stock]
path = "/lager/{shelf}"
sources = ["stock"]
client_limit = { calls = 500, per = "1m" }
[endpoints.stock.parameters.shelf]
type = "integer"
minimum = 1
example = 7
[endpoints.stock.parameters.session]
in = "cookie"
optional = true
[endpoints.order]
method = "POST"
path = "/orders"
sources = ["order"]
input = { type = "object", required = ["sku"], properties = { sku = { type = "string", examples = ["tea"] } } }
"""
FILES = ("timeline", "customer", "one of their own")
"""Examples, and a file with what they lack: title, version, contact and problems of its own, and a write."""


@pytest.mark.parametrize("name", FILES)
def test_its_commands_work_with_another_file(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`make run`, `make smoke`, /docs, the description and tests/project, in every execution model."""
    repository = copied(tmp_path)
    if name in FILES[:-1]:
        for file in (ROOT / "examples" / name).iterdir():
            shutil.copy(file, repository)
    else:
        (repository / "fanin.toml").write_text(OWN)
    shutil.copytree(ROOT / "tests/project", repository / "tests/project")
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/project"], cwd=repository, capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stdout
    config = load(repository / "fanin.toml", {})
    run = Run(repository, ports.free())
    run.wait_until(lambda: "Ctrl-C ends everything" in run.said)
    url = f"http://{ports.LOOPBACK}:{run.port}"
    assert smoke.run(url, Console()) == 0, capsys.readouterr().out
    assert "not there" not in capsys.readouterr().out
    described = json.loads(projects.asked(f"{url}/openapi.json"))
    assert described["info"]["title"] == config.api.title
    for model in ("", "/threads", "/sync", "/sync-threads", "/django", "/django/async"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            projects.asked(f"{url}{model}/no/such")
        assert json.loads(refused.value.read())["type"] == f"{config.api.problems}unknown-path", model
    for page in ("/docs", "/openapi.json", "/console"):
        assert _DEMO.search(projects.asked(f"{url}{page}").decode()) is None, page
    assert _DEMO.search(run.said) is None
    assert run.end(signal.SIGINT) == 0
    run.assert_nothing_is_left()
