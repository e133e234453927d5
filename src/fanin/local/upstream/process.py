"""A demo upstream as a process of its own, for tests and for whatever else starts one."""

import subprocess
import sys
from typing import Self

from fanin.local.layout import ROOT
from fanin.local.upstream.client import UpstreamClient


class Upstream(UpstreamClient):
    """A running demo upstream, and the ways to talk to it. Leaving its `with` block ends it.

    Args:
        drip: seconds between two bytes of a dripping answer.

    Raises:
        RuntimeError: it did not start; it has said why on stderr.
    """

    def __init__(self, drip: float = 1.0) -> None:
        command = [sys.executable, "-m", "fanin.local.upstream", "--port", "0", "--drip", str(drip)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.announcement = self.process.stdout.readline().rstrip("\n")
        if not self.announcement:
            self.stop()
            raise RuntimeError("the demo upstream did not start")
        super().__init__(self.announcement.removeprefix("listening on "))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it, whatever it is doing."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
