"""`make deploy` where nobody can answer: a workflow deploys what was approved, and nothing else is deployed unseen."""

import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from fanin.local.aws import deploy, identity, kept
from fanin.local.process.interrupts import Interrupts
from fanin.local.project import new
from fanin.local.project.wheel import Wheel
from fanin.local.sam import build


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_workflow_says_that_what_changes_has_been_approved(environment: str, tmp_path: Path) -> None:
    made = new.files("shop", ("ci",), Wheel("fanin-0.1.0-py3-none-any.whl", b"a wheel"))
    (tmp_path / "Makefile").write_bytes(made["Makefile"])
    steps = yaml.safe_load(made[".github/workflows/deploy.yml"])["jobs"][environment]["steps"]
    (line,) = (step["run"] for step in steps if "make deploy" in step.get("run", ""))
    shown = line.replace("make deploy", "make --dry-run deploy")
    bash: list[str] = [shutil.which("bash") or "", "-c", shown]
    given = {"GITHUB_JOB": environment, "PATH": "/usr/bin:/bin"}
    run = subprocess.run(bash, cwd=tmp_path, env=given, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == f".venv/bin/fanin deploy {environment} --yes"


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Give what is run to deploy a stack that is there, and is built; nobody is at a terminal."""
    ran: list[list[str]] = []

    def run(command: list[Any], **_: Any) -> Any:
        ran.append([*map(str, command)])
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(identity, "require", lambda _: "arn:aws:iam::123456789012:role/deploys")
    monkeypatch.setattr(kept, "stack_exists", lambda _: True)
    monkeypatch.setattr(build, "is_fresh", lambda _: True)
    monkeypatch.setattr(Interrupts, "raise_on_signals", lambda _: None)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False))
    return ran


def _deploy(*arguments: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["deploy", *arguments])
        return deploy.main()


def test_prod_is_not_deployed_unseen(commands: list[list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    assert _deploy("prod") == 1
    assert commands == []
    assert "there is no terminal to answer in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "asks"), [(("dev",), True), (("dev", "--yes"), False), (("prod", "--yes"), False)]
)
def test_what_was_approved_is_deployed_without_a_question(
    commands: list[list[str]], arguments: tuple[str, ...], *, asks: bool
) -> None:
    assert _deploy(*arguments) == 0
    ((*command,),) = commands
    assert command[1] == "deploy"
    assert command[command.index("--config-env") + 1] == arguments[0]
    assert ("--no-confirm-changeset" not in command) == asks


def test_in_a_terminal_sam_asks(commands: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    assert _deploy("prod") == 0
    assert "--no-confirm-changeset" not in commands[0]
