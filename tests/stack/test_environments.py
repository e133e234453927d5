"""What `sam deploy --guided` writes to samconfig.toml counts from then on."""

from pathlib import Path

import pytest

from fanin.local.aws import delete, logs
from fanin.local.layout import SAMCONFIG
from fanin.local.sam import environments


@pytest.fixture
def answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = 'parameter_overrides = "Architecture=\\"x86_64\\" Variables=\\"a=b c=d\\" Allow=\\"\\""'
    before = SAMCONFIG.read_text()
    config = tmp_path / "samconfig.toml"
    config.write_text(before.replace("\n[dev.deploy.parameters]\n", f"\n[dev.deploy.parameters]\n{saved}\n"))
    monkeypatch.setattr(environments, "SAMCONFIG", config)


@pytest.mark.usefixtures("answered")
def test_answers_go_before_the_settings() -> None:
    environment = environments.read("dev")
    assert environment.platform == "x86_64-manylinux_2_28"
    assert environment.parameters["Variables"] == "a=b c=d"
    assert environment.parameters["Allow"] == ""
    assert environment.parameters["LogRetentionDays"] == "7"


@pytest.mark.parametrize("command", [logs, delete], ids=["logs", "delete"])
def test_what_is_on_this_machine_is_not_for_these(
    command: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["", "local"])
    assert command.main() == 1  # type: ignore[attr-defined]
    assert "ENV=dev" in capsys.readouterr().err


def test_nothing_is_deleted_where_nobody_can_be_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["", "prod"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert delete.main() == 1
    assert "asks first" in capsys.readouterr().err
