"""`make local` as a person has it: it serves from containers, and leaves none behind, however it ends."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from fanin.local.containers.sam_local import Sandbox
from fanin.local.layout import ROOT
from fanin.local.process import ports
from fanin.local.sam.built import folders

_WITHIN = 180.0


def _docker(*arguments: str) -> set[str]:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def _networks() -> set[str]:
    return _docker("network", "ls", "--filter", "name=fanin-", "--format", "{{.Name}}")


class Run:
    """`python -m fanin.local.containers.run`, and the network that it made."""

    def __init__(self, log: Path) -> None:
        self.port, self.log, before = ports.free(), log, _networks()
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "fanin.local.containers.run"],
                cwd=ROOT,
                env=os.environ | {"PORT": str(self.port)},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        began = time.monotonic()
        while "Ctrl-C ends it" not in log.read_text():
            assert self.process.poll() is None, log.read_text()
            assert time.monotonic() - began < _WITHIN, log.read_text()
            time.sleep(0.1)
        self.networks = _networks() - before

    def containers(self) -> set[str]:
        return {each for name in self.networks for each in _docker("ps", "-aq", "--filter", f"network={name}")}

    def functions(self) -> set[str]:
        """Name the functions that its containers run. SAM, starting them all, makes one of them two at times."""
        mounted = '{{range .Mounts}}{{if eq .Destination "/var/task"}}{{println .Source}}{{end}}{{end}}'
        return {Path(each).name for each in _docker("inspect", "--format", mounted, *self.containers())}

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> Iterator[Run]:  # noqa: ARG001 - a sandbox shows that an engine is there
    running = Run(tmp_path / "local.log")
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()


def test_it_serves_from_containers_and_ends(run: Run) -> None:
    for path in ("/trip/Lisbon", "/sync/trip/Lisbon"):
        with urllib.request.urlopen(f"http://127.0.0.1:{run.port}{path}", timeout=30) as response:
            assert response.headers["Fanin-Complete"] == "?1"
    assert run.functions() == {name for name, folder in folders().items() if folder.parent == ROOT / "functions"}
    assert run.end(signal.SIGINT) == 0
    assert "ended, with all that was started" in run.log.read_text()
    assert not run.networks & _networks()
    assert run.containers() == set()


def test_it_leaves_nothing_when_it_is_killed(run: Run) -> None:
    run.end(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while run.networks & _networks() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not run.networks & _networks()
    assert run.containers() == set()
