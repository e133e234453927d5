"""What EXAMPLE may name."""

from pathlib import Path

import pytest

from fanin.local import example
from fanin.local.process.console import Problem


@pytest.fixture
def named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EXAMPLE=odrer, where there are order and stripe."""
    for name in ("stripe", "order"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "fanin.toml").write_text("fanin = 1")
    monkeypatch.setattr(example, "EXAMPLE", "odrer")
    monkeypatch.setattr(example, "EXAMPLES", tmp_path)
    monkeypatch.setattr(example, "CONFIGURATION", tmp_path / "odrer/fanin.toml")


@pytest.mark.usefixtures("named")
def test_an_example_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(Problem, match=r"EXAMPLE=odrer: there is no such example\. Choose one of order, stripe$"):
        example.check()


@pytest.mark.usefixtures("named")
def test_there_are_no_fakes_in_containers() -> None:
    with pytest.raises(Problem, match="Use make run EXAMPLE=odrer"):
        example.refuse()


def test_without_an_example_nothing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(example, "EXAMPLE", "")
    example.check()
    example.refuse()
