"""`fanin test` in a project."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fanin.local.layout import ROOT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that is set up, whose Python is this one, with a handler and its test."""
    files = {
        "template.yaml": "",
        ".venv/.installed": "",
        ".venv/bin/python": f'#!/bin/sh\nexec "{sys.executable}" "$@"\n',
        "functions/gateway/warmer.py": "DEGREES = 7\n",
        "tests/test_warmer.py": "from warmer import DEGREES\n\ndef test_degrees(): assert DEGREES == 7\n",
        "tests/test_around.py": "from around import DEGREES\n\ndef test_degrees(): assert DEGREES == 8\n",
        "around/around.py": "DEGREES = 8\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / ".venv/bin/python").chmod(0o755)
    return tmp_path


def _tested(project: Path, *arguments: str) -> tuple[int, str]:
    around = os.pathsep.join([str(project / "around"), str(ROOT / "src")])
    environment = {**os.environ, "PYTHONPATH": around}
    command = [sys.executable, "-m", "fanin.cli", "test", *arguments]
    ran = subprocess.run(command, cwd=project / "tests", env=environment, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


def test_tests_import_modules_of_handlers_and_what_was_on_the_path(project: Path) -> None:
    status, said = _tested(project)
    assert status == 0, said
    assert "2 passed" in said


def test_some_tests_may_be_named(project: Path) -> None:
    status, said = _tested(project, "tests/test_warmer.py")
    assert status == 0, said
    assert "1 passed" in said
