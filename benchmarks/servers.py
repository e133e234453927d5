"""A server with one worker on the measured core, started anew for each thing measured of it."""

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks import cores, spent
from fanin.local.layout import ROOT
from fanin.local.process import ports
from fanin.local.process.console import Problem
from fanin.local.process.processes import Processes
from fanin.local.stack.servers import without_aws

_WITHIN: Final = 30.0
_PATIENCE: Final = 20.0
"""Seconds that the first request may take."""


@dataclass(frozen=True)
class Server:
    """How a server is started."""

    name: str  # what it is called in the results
    command: Sequence[str]  # module and arguments for its program; the port is put behind them
    binding: str  # the last argument, with `{port}` in it
    path: str  # what is asked of it, with a query if need be
    folders: Sequence[Path] = ()  # what its modules are found in, on top of the repository and the package
    program: Sequence[str] = (sys.executable, "-m")  # what runs it: this program's Python, unless it says otherwise


@dataclass(frozen=True)
class Running:
    """A server that has answered once."""

    port: int  # where it listens
    worker: int  # the process that answers

    @property
    def cpu_seconds(self) -> float:
        """The processor time of its worker."""
        return spent.cpu_seconds(self.worker)

    @property
    def resident_mb(self) -> float:
        """The memory that its worker holds."""
        return spent.resident_mb(self.worker)


def uvicorn(name: str, app: str, path: str, folders: Sequence[Path] = ()) -> Server:
    """One worker of Uvicorn."""
    options = ("uvicorn", "--no-access-log", "--log-level", "critical", app)
    return Server(name, options, "--port={port}", path, folders)


def gunicorn(name: str, app: str, path: str, threads: int, folders: Sequence[Path] = ()) -> Server:
    """One worker of Gunicorn: sync with one thread, gthread with more."""
    options = ("gunicorn", "--workers=1", f"--threads={threads}", "--log-level=critical", "--no-control-socket", app)
    return Server(name, options, "--bind=127.0.0.1:{port}", path, folders)


@contextlib.contextmanager
def serving(server: Server, variables: Mapping[str, str], processes: Processes) -> Iterator[Running]:
    """Start a server, see that it answers, and kill it in the end with all that it has not answered.

    Raises:
        Problem: it does not answer with 200.
    """
    port = ports.free()
    name = f"{server.name}-{port}"
    folders = [ROOT, ROOT / "src", *server.folders]
    environment = without_aws() | {"PYTHONPATH": ":".join(map(str, folders)), **variables}
    command = [*server.program, *server.command, server.binding.format(port=port)]
    process = processes.start(name, command, environment)
    try:
        cores.pin(cores.MEASURED, process.pid)
        wait(f"The server {server.name}", process, port, processes.log(name))
        check(server, port)
        workers = spent.children(process.pid) if server.command[0] == "gunicorn" else []
        yield Running(port, workers[0] if workers else process.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait(title: str, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until a process listens on its port.

    Raises:
        Problem: it does not.
    """
    deadline = time.monotonic() + _WITHIN
    while not ports.accepts(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise Problem(f"{title} did not start:\n\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.01)


def check(server: Server, port: int) -> None:
    """See that a running server answers.

    Raises:
        Problem: it does not answer with 200.
    """
    with contextlib.closing(http.client.HTTPConnection(ports.LOOPBACK, port, timeout=_PATIENCE)) as connection:
        connection.request("GET", server.path)
        response = connection.getresponse()
        body = response.read()
    if response.status != 200:
        raise Problem(f"The server {server.name} answered {response.status} to {server.path}: {body[:500]!r}")
