"""`make run` on a copy of the repository, which a test may change."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from fanin.local.layout import ROOT

_COPIED = ("src", "functions", "layers", "requirements", "examples")
_COPIED_FILES = ("Makefile", "fanin.toml", "template.yaml", "samconfig.toml")
WITHIN = 180.0
"""Seconds that anything may take; a whole build and deployment takes about ten on a machine that does nothing else."""
DEMO_KEY = "the key of the demo"


def copied(folder: Path) -> Path:
    """Copy what a stack is made from into a folder, and give the folder."""
    for name in (*_COPIED, *_COPIED_FILES):
        source, copy = ROOT / name, folder / name
        copy.parent.mkdir(exist_ok=True)
        shutil.copytree(source, copy) if source.is_dir() else shutil.copy(source, copy)
    for name in (".tools", ".venv"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@contextlib.contextmanager
def _heeded(number: signal.Signals) -> Iterator[None]:
    """Let what is started heed a signal even if these tests are run by what has it ignored, as nohup has SIGHUP."""
    before = signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(number, before)


class Run:
    """`python -m fanin.local.stack.run` on a copy of the repository, which a test may change."""

    def __init__(self, repository: Path, port: int, example: str = "") -> None:
        self.repository, self.port = repository, port
        self.log = repository / "run.log"
        self.temporary = repository / "tmp"
        self.temporary.mkdir()
        with self.log.open("wb") as log, _heeded(signal.SIGHUP):
            self.process = subprocess.Popen(
                [sys.executable, "-m", "fanin.local.stack.run"],
                cwd=repository,
                env={name: value for name, value in os.environ.items() if name != "COLUMNS"}  # of this terminal
                | {"PORT": str(port), "TMPDIR": str(self.temporary), "FANIN_SECRET_DEMO_KEY": DEMO_KEY}
                | {"EXAMPLE": example, "PYTHONPATH": str(repository / "src")},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self.log.read_text()

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=WITHIN) as response:
                status: int = response.status
                return status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 0

    def wait_until(self, condition: Callable[[], bool]) -> None:
        began = time.monotonic()
        while not condition():
            assert self.process.poll() is None, self.said
            assert time.monotonic() - began < WITHIN, self.said
            time.sleep(0.2)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(WITHIN)

    def left(self) -> list[str]:
        """Name the processes and files that it has left, or has still."""
        commands = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        processes = [command for command in commands.splitlines() if str(self.repository) in command]
        return processes + [str(file) for place in ("build/run", "tmp") for file in (self.repository / place).iterdir()]

    def assert_nothing_is_left(self) -> None:
        assert self.left() == []
