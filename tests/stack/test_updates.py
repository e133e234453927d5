"""What `make run` does with changes: those that it could not serve it tries again with the next ones."""

import urllib.request
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fanin.local.layout import ROOT
from fanin.local.process.console import Console
from fanin.local.process.processes import CommandFailed, Processes
from fanin.local.sam import environments
from fanin.local.sam.environments import LOCAL
from fanin.local.stack import updates
from fanin.local.stack.updates import Updates
from fanin.local.upstream import fakes as fakes_of_a_file
from fanin.local.upstream.fakes import Fakes

GATEWAY, LAYER, WORKER = "functions/gateway/data.py", "layers/gateway/requirements.txt", "functions/worker/app.py"


class Tried(Updates):
    """Updates that are noted, and not built.

    Args:
        needs: by the name of a function or layer, what has to be updated with it, or before it.
        fakes: those of an upstream.toml.
    """

    def __init__(self, processes: Processes, needs: dict[str, str], fakes: Fakes | None = None) -> None:
        stack: Any = SimpleNamespace(environment=environments.read(LOCAL), fakes=fakes)
        super().__init__(stack, processes, Console())
        self._needs, self._there = needs, set[str]()
        self.tried: list[set[str]] = []

    def _exchange(self, names: Iterable[str]) -> None:
        self.tried.append(new := set(names))
        if any(self._needs.get(name, name) not in self._there | new for name in new):
            raise CommandFailed(["build"], 1, "")
        self._there |= new

    def save(self, file: str) -> list[set[str]]:
        """Serve a change of a file; gives what was tried."""
        self.tried.clear()
        self.serve({ROOT / file})
        return list(self.tried)


@pytest.mark.usefixtures("local_build")
def test_a_handler_that_lacked_a_package_is_served_once_its_layer_has_it(processes: Processes) -> None:
    updates = Tried(processes, {"GatewayFunction": "GatewayLayer"})
    assert updates.save(GATEWAY) == [{"GatewayFunction"}]
    assert updates.save(LAYER) == [{"GatewayFunction", "GatewayLayer"}]
    assert updates.save(WORKER) == [{"WorkerFunction"}]


@pytest.mark.usefixtures("local_build")
def test_a_handler_that_stays_broken_keeps_no_other_change_from_being_served(processes: Processes) -> None:
    updates = Tried(processes, {"GatewayFunction": "nothing"})
    updates.save(GATEWAY)
    both = {"GatewayFunction", "WorkerFunction"}
    assert updates.save(WORKER) == [both, {"WorkerFunction"}]
    assert updates.save(LAYER) == [{"GatewayFunction", "GatewayLayer"}, {"GatewayLayer"}]
    assert updates.save(GATEWAY) == [{"GatewayFunction"}]


UPSTREAM = """[shop."GET /a"]
body = "before"
"""


@pytest.mark.usefixtures("local_build")
def test_fakes_answer_by_their_file_as_soon_as_it_is_saved(
    processes: Processes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unless it has other variables: functions know those of the start."""
    file = tmp_path / "upstream.toml"
    file.write_text(UPSTREAM)

    def save(text: str) -> tuple[str, str]:
        """Save the file; gives what is answered then, and what is said."""
        file.write_text(text)
        tried.serve({file})
        with urllib.request.urlopen(f"{fakes.urls['shop']}/a") as answer:
            return answer.read().decode(), capsys.readouterr().out.strip()

    with fakes_of_a_file.serving(file) as fakes:
        tried = Tried(processes, {}, fakes)
        assert save(UPSTREAM.replace("before", "after")) == (
            '"after"',
            "the fakes answer by upstream.toml as it is now",
        )
        told = "upstream.toml is for other variables or secrets now: start again to use it"
        assert save(UPSTREAM.replace("shop", "bank")) == ('"after"', told)
        assert save(UPSTREAM + 'secrets = "none"')[1].endswith("The fakes go on answering as before.")
        assert save(UPSTREAM)[0] == '"before"'
        assert tried.tried == []


@pytest.mark.usefixtures("local_build")
def test_a_variable_that_is_no_more_is_said_to_need_a_start(
    processes: Processes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The program has set FANIN_VARIABLES, and nobody who reads the message."""

    def mistaken(*_: object) -> None:
        raise updates._Mistaken(told)

    told = "fanin.toml:FANIN_VARIABLES: there is no variable 'shop' in [variables] [unknown-variable]"
    tried = Tried(processes, {})
    monkeypatch.setattr(tried, "_exchange", mistaken)
    tried.save("fanin.toml")
    assert "if you renamed or removed a variable, start it again" in capsys.readouterr().out
    told = "fanin.toml:3:1: unknown key [unknown-key]"
    tried.save("fanin.toml")
    assert "start it again" not in capsys.readouterr().out
