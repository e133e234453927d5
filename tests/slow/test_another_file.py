"""Another fanin.toml in the repository's root: nothing there is made for the demo."""

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_its_commands_work_with_an_example_as_its_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`make run`, `make smoke`, /docs and tests/project, in every execution model."""
    repository = copied(tmp_path)
    for file in (ROOT / "examples/timeline").iterdir():
        shutil.copy(file, repository)
    shutil.copytree(ROOT / "tests/project", repository / "tests/project")
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/project"], cwd=repository, capture_output=True, text=True, check=False
    )
    assert tested.returncode == 0, tested.stdout
    run = Run(repository, ports.free())
    run.wait_until(lambda: "Ctrl-C ends everything" in run.said)
    assert smoke.run(f"http://{ports.LOOPBACK}:{run.port}", Console()) == 0, capsys.readouterr().out
    assert "not there" not in capsys.readouterr().out
    assert b"<title>API</title>" in projects.asked(f"http://{ports.LOOPBACK}:{run.port}/docs")
    assert _DEMO.search(run.said) is None
    assert run.end(signal.SIGINT) == 0
    run.assert_nothing_is_left()
