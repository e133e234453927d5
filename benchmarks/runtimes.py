"""A process that serves a function: a server by itself, or a runtime that asks the Runtime API for events."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fanin.local.layout import ROOT

OWN: Final = (str(ROOT / "src/fanin/entrypoints/runtime/fanin-runtime"), sys.executable, "/var/runtime/bootstrap.py")
"""The command of fanin's own runtime, as Lambda calls it."""


@dataclass
class Server:
    """A process, by its command."""

    variables: Mapping[str, str]
    command: Sequence[str] = OWN
    process: subprocess.Popen[bytes] | None = None

    def begin(self, runtime_api: str = "") -> None:
        """Start it, unless it runs."""
        given = {**os.environ, **self.variables, "AWS_LAMBDA_RUNTIME_API": runtime_api}
        self.process = self.process or subprocess.Popen(self.command, env=given, cwd=ROOT, stdout=subprocess.DEVNULL)

    def end(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
