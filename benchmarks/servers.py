"""A server with one worker on the measured core, started anew for each thing measured of it."""

import contextlib
import http.client
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
from fanin.local.stack import servers
from fanin.local.stack.servers import without_aws

_WITHIN: Final = 30.0
"""Seconds that an answer may take."""


@dataclass(frozen=True)
class Server:
    """How a server is started."""

    name: str  # what it is called in the results
    command: Sequence[str]  # program and arguments, with `{port}` in one of them
    path: str  # what is asked of it, with a query if need be
    folders: Sequence[Path] = ()  # what its modules are found in, on top of the repository and the package


@dataclass(frozen=True)
class Running:
    """A server that has answered once."""

    port: int  # where it listens
    worker: int  # the process that answers


def uvicorn(name: str, app: str, path: str, folders: Sequence[Path] = ()) -> Server:
    """One worker of Uvicorn."""
    options = ("uvicorn", "--no-access-log", "--log-level=critical", "--port={port}", app)
    return Server(name, (sys.executable, "-m", *options), path, folders)


def gunicorn(name: str, app: str, path: str, threads: int, folders: Sequence[Path] = ()) -> Server:
    """One worker of Gunicorn: sync with one thread, gthread with more."""
    options = ("gunicorn", "--workers=1", f"--threads={threads}", "--log-level=critical", "--no-control-socket")
    return Server(name, (sys.executable, "-m", *options, "--bind=127.0.0.1:{port}", app), path, folders)


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
    process = processes.start(name, [part.format(port=port) for part in server.command], environment)
    try:
        cores.pin(cores.MEASURED, process.pid)
        servers.Server(f"The server {server.name}", port, process, processes.log(name)).wait()
        timed(port, server.path)
        workers = spent.children(process.pid) if "gunicorn" in server.command else []
        yield Running(port, workers[0] if workers else process.pid)
    finally:
        processes.stop(process)


def timed(port: int, path: str) -> float:
    """Ask a server once; give the milliseconds from the request's first byte to the answer's last.

    Raises:
        Problem: it does not answer with 200.
    """
    with contextlib.closing(http.client.HTTPConnection(ports.LOOPBACK, port, timeout=_WITHIN)) as connection:
        connection.connect()
        began = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - began
    if answer.status != 200:
        raise Problem(f"{path} answered {answer.status}: {body[:500]!r}")
    return round(took * 1000, 2)
