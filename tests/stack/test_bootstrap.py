"""Finding Python 3.13 on machines that hide it."""

import os
import stat
import sys
from pathlib import Path

import pytest

from fanin.local.project import bootstrap

HERE = os.path.realpath(sys.executable)


def _script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_broken_shim_of_the_right_name_is_passed_over(tmp_path: Path) -> None:
    shim = _script(tmp_path / "python3.13", "echo 'not installed' >&2; exit 127")
    found = bootstrap.first_working(iter([str(shim), "/nowhere/python3.13", sys.executable]), "3.13")
    assert found
    assert os.path.realpath(found) == HERE


def test_another_version_under_the_right_name_is_passed_over(tmp_path: Path) -> None:
    other = _script(tmp_path / "python3.13", "echo 3.12; echo /usr/bin/python3.12")
    assert bootstrap.first_working(iter([str(other)]), "3.13") is None


def test_interpreters_of_pyenv_are_candidates_by_their_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "versions/3.13.9/bin"
    folder.mkdir(parents=True)
    interpreter = _script(folder / "python3.13", "exit 1")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert str(interpreter) in list(bootstrap.candidates("3.13"))
