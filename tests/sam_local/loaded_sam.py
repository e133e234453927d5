"""`sam local invoke` for many events: what every start of SAM repeats is done once."""

import json
import os
import select
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fanin.local.containers.sam_local import INVOKE_WITHIN, Sandbox
from fanin.local.layout import ROOT, SAM
from fanin.local.process.processes import CommandFailed


class LoadedSam:
    """A context manager that runs SAM's command in forks of one process, one at a time.

    Args:
        sandbox: where functions run.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(dir=self._sandbox.folder))
        self._process = subprocess.Popen(
            [SAM.with_name("python"), Path(__file__).with_name("forks.py")],
            cwd=ROOT,
            env=self._sandbox.variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process.stdout.close()

    def invoke(self, template: Path, function: str, event: Path) -> Any:
        """Do as `fanin.local.containers.sam_local.invoke`."""
        _, *arguments = self._sandbox.invocation(template, function, event)
        given, said = self._folder / "stdout", self._folder / "stderr"
        given.write_text("")
        said.write_text("")
        if status := self._run(arguments, given, said):
            raise CommandFailed([SAM, *arguments], status, said.read_text())
        return json.loads(given.read_text())

    def _run(self, arguments: list[str | Path], *files: Path) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([list(map(str, arguments)), *map(str, files)]) + "\n")
        self._process.stdin.flush()
        ended, _, _ = select.select([self._process.stdout], [], [], INVOKE_WITHIN)
        if not ended:
            raise TimeoutError(f"sam local invoke took longer than {INVOKE_WITHIN:.0f} s")
        return int(self._process.stdout.readline())
