"""Running the command in this process."""

import json
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fanin.cli import app, asking
from fanin.local.layout import ROOT
from fanin.local.upstream.app import variables
from fanin.local.upstream.process import Upstream
from tests.roots import tls_context


@pytest.fixture(scope="session", autouse=True)
def roots_of_calls_loaded_once() -> Iterator[None]:
    """Let calls share the roots of TLS, as `tests.conftest` lets functions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "tls_context", tls_context)
        yield


@dataclass(frozen=True)
class Ran:
    """What a run of the command came to."""

    code: int
    output: str
    messages: str

    @property
    def json(self) -> Any:
        return json.loads(self.output)


type Run = Callable[..., Ran]
type Add = Callable[..., tuple[Ran, dict[str, Any]]]
"""Adds to a new file; gives what ran, and the tables of the file."""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command with arguments, in an environment that has nothing of fanin's but what is given."""
    for name in ("FANIN_CONFIG", "FANIN_ALLOW", "FANIN_VARIABLES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(ROOT)

    def run(*arguments: str, standard_input: str | bytes = "", **environment: str) -> Ran:
        result = CliRunner().invoke(app, arguments, input=standard_input, env=environment)
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def add(run: Run, tmp_path: Path) -> Add:
    """Add to a new file; gives what ran, and the file's tables, which have no findings but missing secrets."""
    file = tmp_path / "fanin.toml"

    def add(what: str, *arguments: str) -> tuple[Ran, dict[str, Any]]:
        ran = run("add", what, "--file", str(file), *arguments)
        assert ran.code == 0, ran.messages
        found = [
            each for each in run("check", str(file), "--json").json["findings"] if each["rule"] != "missing-secret"
        ]
        assert found == []
        return ran, tomllib.loads(file.read_text())

    return add


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], str]:
    """Write a file, and give its path."""

    def write(text: str) -> str:
        file = tmp_path / "fanin.toml"
        file.write_text(text)
        return str(file)

    return write


@pytest.fixture
def demo(upstream: Upstream) -> Iterator[dict[str, str]]:
    """The environment in which fanin.toml reads from a demo upstream without rules."""
    upstream.reset()
    yield {**variables(upstream.base_url), "FANIN_ALLOW": "127.0.0.0/8:*"}
    upstream.reset()
