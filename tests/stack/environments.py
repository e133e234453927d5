"""The environments of a function in the embedded AWS: processes, each of which can be killed."""

import contextlib
import os
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Environments:
    """What the embedded AWS has started for a function.

    Args:
        folder: where the embedded AWS writes.
        function: the function's id.
    """

    folder: Path
    function: str

    def running(self) -> Iterator[int]:
        """Give the processes by their ids."""
        sign = f"{self.folder}/ministack-lambda-{self.function}-".encode()
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and sign in (entry / "cmdline").read_bytes():
                    yield int(entry.name)

    def behind(self, port: int, server: int) -> int | None:
        """Find the process that is connected from one loopback port to another; None where it is gone."""
        connection = rf"0100007F:{port:04X} 0100007F:{server:04X} 01 \S+ \S+ \S+ +\d+ +\d+ (\d+) "
        found = re.search(connection, Path("/proc/net/tcp").read_text())
        for process in self.running() if found else ():
            for descriptor in Path(f"/proc/{process}/fd").glob("*"):
                with contextlib.suppress(OSError):
                    if found and str(descriptor.readlink()) == f"socket:[{found[1]}]":
                        return process
        return None

    def kill(self, process: int) -> bool:
        """End a process between any two of its instructions; False where it is gone."""
        if process not in set(self.running()):
            return False
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True
