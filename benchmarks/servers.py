"""A server with one worker on the measured core, started anew for each thing measured of it."""

import contextlib
import http.client
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from benchmarks import linux
from benchmarks.contestants import NODE, PEERS
from fanin.local.layout import ROOT
from fanin.local.process import ports
from fanin.local.process.console import Problem
from fanin.local.process.processes import Processes
from fanin.local.stack import servers
from fanin.local.stack.servers import without_aws

THREADS: Final = 40
"""Threads of Gunicorn's worker: as many as FastAPI's pool has for `def` endpoints."""
_FOLDERS: Final = (ROOT, ROOT / "src", ROOT / "functions/gateway", ROOT / "functions/django", PEERS)
_WITHIN: Final = 30.0
"""Seconds that an answer may take."""


@dataclass(frozen=True)
class Server:
    """A server: one worker of Uvicorn, or of Gunicorn; or a program for Node."""

    name: str  # what it is called in the results
    app: str  # its application; a file for Node
    path: str  # what it is asked, with a query if need be
    threads: int = 0  # of its one worker, if that is Gunicorn's: sync with one, gthread with more; 0 of Uvicorn's
    title: str = ""  # what it is called in the report
    only: tuple[int, ...] = ()  # the client counts that it is measured with; if empty all, and open loops too

    def command(self, port: int) -> list[str]:
        """Give program and arguments."""
        if self.app.endswith(".mjs"):
            return [NODE or "node", self.app, str(port)]
        python = [sys.executable, "-m", *(("gunicorn",) if self.threads else ("uvicorn", "--no-access-log"))]
        options = (f"--threads={self.threads}", "--workers=1", "--no-control-socket", f"--bind=127.0.0.1:{port}")
        return [*python, "--log-level=critical", *(options if self.threads else (f"--port={port}",)), self.app]

    @property
    def described(self) -> dict[str, str]:
        """What the report says of it: its title, whose clients it calls the upstream with, and its worker."""
        gunicorn = "Gunicorn sync" if self.threads == 1 else f"Gunicorn, {self.threads} threads"
        clients = "stock" if self.name.startswith("stock") else "fanin's"
        return {"title": self.title, "clients": clients, "worker": gunicorn if self.threads else "Uvicorn"}


@dataclass(frozen=True)
class Running:
    """A server that has answered once."""

    port: int  # where it listens
    worker: int  # the process that answers


@contextlib.contextmanager
def serving(server: Server, variables: Mapping[str, str], processes: Processes) -> Iterator[Running]:
    """Start a server, see that it answers, and kill it in the end with all that it has not answered.

    Raises:
        Problem: it does not answer with 200.
    """
    port = ports.free()
    name = f"{server.name}-{port}"
    environment = without_aws() | {"PYTHONPATH": ":".join(map(str, _FOLDERS)), **variables}
    process = processes.start(name, server.command(port), environment)
    try:
        linux.pin(linux.MEASURED, process.pid)
        servers.Server(f"The server {server.name}", port, process, processes.log(name)).wait()
        timed(port, server.path)
        workers = linux.children(process.pid) if server.threads else []
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
