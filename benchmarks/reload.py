"""Measure `make serve` of a project: `python -m benchmarks.reload [--rounds N] [--project FOLDER]`.

Until its first answer, from the command on; until the answer after a change of fanin.toml and of a handler, from the
moment on in which the file is saved. Without a project, a folder of one that is set up, a new one is made first. Its
files are as they were at the end.
"""

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from benchmarks import command
from benchmarks.interleaving import sampled
from benchmarks.statistics import Spread
from benchmarks.tables import Table, spread
from fanin.local.process import ports
from fanin.local.process.console import Console
from fanin.local.process.processes import Processes

FIRST: Final = "the first answer"
CONFIGURATION: Final = "an answer after a change of fanin.toml"
HANDLER: Final = "an answer after a change of a handler"
_MAKE: Final = shutil.which("make") or "make"
_WITHIN: Final = 60.0
_THINKING: Final = 2.0
"""Seconds that a person takes for a change, in which the next generation imports."""
_LOOK: Final = 0.005
"""Seconds between two requests."""
_ROUTE: Final = '\n\n@router.get("/reloaded")\nasync def reloaded() -> str:\n    return "{}"\n'
_FOREIGN: Final = ("FANIN_", "PYTHON", "VIRTUAL_ENV", "MAKE", "MFLAGS", "EXAMPLE", "LIVE", "PORT")


def main(given: Namespace, _: Console, processes: Processes) -> int:
    """Measure, and show."""
    project = Path(given.project) if given.project else _made(processes.folder / "shop")
    cases = dict.fromkeys([FIRST, CONFIGURATION, HANDLER], given.rounds)
    took = sampled("make serve", cases, _Measure(project, processes).of)
    rows = [[name, spread(Spread.of(samples), 2)] for name, samples in took.items()]
    command.show(Table("reload", "", [f"until …, of {given.rounds} rounds", "s, median (quartiles)"], rows))
    return 0


def _made(folder: Path) -> Path:
    """Make a project, and set it up."""
    subprocess.run([Path(sys.executable).with_name("fanin"), "new", folder], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([_MAKE, "setup"], cwd=folder, check=True, env=_environment())
    return folder


class _Measure:
    """Measures one case after another; each starts a server of its own."""

    def __init__(self, project: Path, processes: Processes) -> None:
        self._project = project
        self._processes = processes
        self._number = 0

    def of(self, case: str) -> float:
        """Give the seconds of a case."""
        self._number += 1
        port = ports.free()
        began = time.perf_counter()
        with self._served(port):
            first = _until(lambda: _asked(port, "/health") is not None) - began
            if case == FIRST:
                return first
            time.sleep(_THINKING)
            if case == CONFIGURATION:
                file, path, wanted = "fanin.toml", "/openapi.json", f'"version":"0.0.{self._number}"'
                changed = lambda text: text.replace('version = "0.1.0"', f'version = "0.0.{self._number}"')  # noqa: E731
            else:
                file, path, wanted = "functions/gateway/handlers.py", "/reloaded", f'"{self._number}"'
                changed = lambda text: text + _ROUTE.format(self._number)  # noqa: E731
            with _changed(self._project / file, changed):
                began = time.perf_counter()
                return _until(lambda: wanted in (_asked(port, path) or "")) - began

    @contextlib.contextmanager
    def _served(self, port: int) -> Iterator[None]:
        command = [_MAKE, "serve", f"PORT={port}"]
        process = self._processes.start("serve", command, _environment(), self._project)
        try:
            yield
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            process.wait(_WITHIN)
        finally:
            self._processes.stop(process)


@contextlib.contextmanager
def _changed(file: Path, change: Callable[[str], str]) -> Iterator[None]:
    """Save a file changed, and as it was afterwards."""
    before = file.read_text()
    file.write_text(change(before))
    try:
        yield
    finally:
        file.write_text(before)


def _until(condition: Callable[[], bool]) -> float:
    """Give the moment in which a condition has come true."""
    ends = time.perf_counter() + _WITHIN
    while not condition():
        if time.perf_counter() > ends:
            raise TimeoutError(f"nothing within {_WITHIN:g} s")
        time.sleep(_LOOK)
    return time.perf_counter()


def _asked(port: int, path: str) -> str | None:
    with contextlib.closing(http.client.HTTPConnection(ports.LOOPBACK, port, timeout=5)) as connection:
        try:
            connection.request("GET", path)
            return connection.getresponse().read().decode()
        except (ConnectionError, http.client.HTTPException):
            return None


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}


if __name__ == "__main__":
    command.run(main, __doc__, rounds=10, project="")
