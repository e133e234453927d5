"""The processes that a command starts, and the folder that they work in. All of it ends with the command."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from fanin.local.layout import BUILD, ROOT
from fanin.local.process.interrupts import Interrupted, Interrupts

_LAST = 25
"""Lines of a command that failed which are shown."""


class CommandFailed(Exception):
    """A command that should have succeeded did not; `output` is what it wrote."""

    def __init__(self, command: Sequence[str | Path], status: int, output: str) -> None:
        super().__init__(f"{Path(command[0]).name} ended with status {status}")
        self.output = output

    @property
    def last_lines(self) -> str:
        """The last lines that it wrote, which say what is wrong."""
        return "\n".join(self.output.strip().splitlines()[-_LAST:])


class Processes:
    """A context manager under which processes are started.

    Leaving it, or the death of this program, ends every process and every descendant that stayed in its group, and
    removes the folder and the networks of containers that it owns: src/fanin/local/process/reaper.py does all of it.

    Args:
        interrupts: put off while a process is started or ended.
    """

    folder: Path
    """A folder for whatever the processes write."""

    def __init__(self, interrupts: Interrupts) -> None:
        self._interrupts = interrupts
        self._running: set[subprocess.Popen[bytes]] = set()

    def __enter__(self) -> Self:
        (BUILD / "run").mkdir(parents=True, exist_ok=True)
        try:
            with self._interrupts.held():
                self._reaper = subprocess.Popen(
                    [sys.executable, "-I", "-S", Path(__file__).with_name("reaper.py")],
                    stdin=subprocess.PIPE,
                    text=True,
                    start_new_session=True,
                )
                self.folder = Path(tempfile.mkdtemp(dir=BUILD / "run"))
                self._note(f"folder {self.folder}")
        except Interrupted:
            self.end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    def end(self) -> None:
        """End the processes, remove the folder, and return when both is done, uninterrupted."""
        with self._interrupts.ignored():
            assert self._reaper.stdin
            self._reaper.stdin.close()
            for process in self._running:
                process.wait()
            self._reaper.wait()

    def log(self, name: str) -> Path:
        """Return the file that receives what the processes started under a name write."""
        return self.folder / f"{name}.log"

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        environment: Mapping[str, str] | None = None,
        working: Path = ROOT,
    ) -> subprocess.Popen[bytes]:
        """Start a process in a group of its own.

        Args:
            name: what its log is called.
            command: the program's path and its arguments.
            environment: its environment; this program's own by default.
            working: the folder that it starts in.
        """
        with self._interrupts.held(), self.log(name).open("ab") as output:
            process = subprocess.Popen(
                command,
                cwd=working,
                # SAM leaves folders behind; here they go with the rest.
                env={**(os.environ if environment is None else environment), "TMPDIR": str(self.folder)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._running.add(process)
            self._note(f"group {process.pid}")
        return process

    def piped(
        self, command: Sequence[str | Path], environment: Mapping[str, str], descriptor: int
    ) -> subprocess.Popen[bytes]:
        """Start a process with pipes for its input and output, which inherits a descriptor; otherwise as `start`."""
        with self._interrupts.held():
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[descriptor],
                start_new_session=True,
            )
            self._running.add(process)
            self._note(f"group {process.pid}")
        return process

    def run(self, name: str, command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> None:
        """Start a process as `start` does, and wait for its end.

        Raises:
            CommandFailed: its status was not 0.
        """
        log = self.log(name)
        written_before = log.stat().st_size if log.exists() else 0
        process = self.start(name, command, environment)
        status = process.wait()
        with self._interrupts.held():
            self._running.discard(process)
            self._note(f"ended {process.pid}")
        if status != 0:
            output = log.read_bytes()[written_before:].decode(errors="replace")
            raise CommandFailed(command, status, output)

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """End a process that `start` has started, with what it has started in turn, and return when it has ended."""
        with self._interrupts.held(), contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        with self._interrupts.held():
            self._running.discard(process)
            self._note(f"ended {process.pid}")

    def owns_network(self, name: str) -> None:
        """Have a network of containers removed at the end, made already or not, with every container on it."""
        self._note(f"network {name}")

    def _note(self, line: str) -> None:
        assert self._reaper.stdin
        self._reaper.stdin.write(line + "\n")
        self._reaper.stdin.flush()
