"""What `make run` warns of."""

from pathlib import Path

import pytest

from fanin.local.process.console import Console
from fanin.local.stack import file_warnings

TOML = """fanin = 1
[sources.a]
url = "https://a.example/"
[sources.b]
url = "https://b.example/{a.id}"
timeout = "1s"
[endpoints.e]
path = "/e"
sources = ["a", "b"]
"""


def test_a_budget_that_cannot_fit_is_said_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "fanin.toml"
    file.write_text(TOML)
    monkeypatch.setattr(file_warnings, "CONFIGURATION", file)
    file_warnings.show(Console())
    said = capsys.readouterr().out
    assert said.startswith("  fanin.toml:2:")
    assert "[no-timeout]" in said


def test_the_repositorys_own_file_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    file_warnings.show(Console())
    assert capsys.readouterr().out == ""
