"""The servers that a stack on this machine stands on: the embedded AWS and the demo upstream."""

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fanin.local.layout import EMULATOR_PACKAGES, RUNTIME_PYTHON
from fanin.local.process import ports
from fanin.local.process.console import Problem
from fanin.local.process.processes import Processes

REGION: Final = "eu-west-1"
EMULATOR_MAIN: Final = Path(__file__).parents[1] / "emulator/main.py"
TRACES: Final = "FANIN_TRACES"
"""The variable that tells a function where to write what happened in its requests."""
_START_WITHIN: Final = 30.0
"""Seconds in which a server must accept connections; they take less than one."""


_ROOT_KEY: Final = {"AWS_ACCESS_KEY_ID": "embedded", "AWS_SECRET_ACCESS_KEY": "embedded"}
"""The key of an embedded AWS's account, which may do everything: for whoever deploys, and for tests."""


@dataclass(frozen=True)
class Server:
    """A process that listens on a loopback port.

    Args:
        title: what it is, for people.
        log: file to which it writes.
        announces: what it writes once it serves, where that is later than its port accepts connections.
    """

    title: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    announces: str = ""

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://{ports.LOOPBACK}:{self.port}"

    def wait(self, within: float = _START_WITHIN) -> None:
        """Return when it serves.

        Args:
            within: seconds that it may take.

        Raises:
            Problem: it ended instead, or took too long.
        """
        deadline = time.monotonic() + within
        while not self._serves():
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = self.log.read_text(errors="replace")[-2000:]
                raise Problem(f"{self.title} did not start:\n\n{said}\n\nTry again; if it stays so: make clean run")
            time.sleep(0.02)

    def _serves(self) -> bool:
        return ports.accepts(self.port) and self.announces in self.log.read_text(errors="replace")


def demo_upstream(processes: Processes) -> Server:
    """Start a demo upstream; `wait` on it before using it."""
    port = ports.free()
    process = processes.start("upstream", [sys.executable, "-m", "fanin.local.upstream", "--port", str(port)])
    return Server("The demo upstream", port, process, processes.log("upstream"))


def embedded_aws(processes: Processes) -> Server:
    """Start an embedded AWS that keeps all it writes in the processes' folder; `wait` on it before using it.

    It holds functions to the rights of their roles: docs/decisions/0040-rights-on-the-laptop.md.
    """
    port = ports.free()
    environment = without_aws() | _ROOT_KEY
    environment |= {
        "AUTH": "true",
        "BIND_HOST": ports.LOOPBACK,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "LAMBDA_EXECUTOR": "local",
        "TMPDIR": str(processes.folder),
        TRACES: str(traces(processes)),
    }
    command = [RUNTIME_PYTHON, EMULATOR_MAIN, EMULATOR_PACKAGES, decisions(processes, port)]
    process = processes.start("emulator", command, environment)
    return Server("The embedded AWS", port, process, processes.log("emulator"))


def decisions(processes: Processes, port: int) -> Path:
    """Return the file in which the embedded AWS at a port writes what it decided about rights."""
    return processes.folder / f"decisions-{port}.jsonl"


def traces(processes: Processes) -> Path:
    """Return the file into which functions on this machine write what happened in their requests."""
    return processes.folder / "traces.jsonl"


def environment_of(aws: Server) -> dict[str, str]:
    """Return the environment in which AWS's own tools talk to an embedded AWS, and to nothing else."""
    return (
        without_aws()
        | _ROOT_KEY
        | {
            "AWS_ENDPOINT_URL": aws.url,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
    )


def without_aws() -> dict[str, str]:
    """Return this program's environment less what would send AWS's tools elsewhere, or reach the functions."""
    private = re.compile(r"AWS_|FANIN_|PYTHON|VIRTUAL_ENV|DOCKER_|LAMBDA_|MINISTACK_|LOCALSTACK_")
    return {name: value for name, value in os.environ.items() if not private.match(name)}
