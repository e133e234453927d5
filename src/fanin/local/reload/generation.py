"""A generation of the server, from its start to its end, as the program that replaces it sees it."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fanin.compose.console import CONSOLE
from fanin.local.process import served_line
from fanin.local.process.console import Console, colours
from fanin.local.process.processes import Processes
from fanin.local.reload.server import SERVING

_END_WITHIN: Final = 10.0
"""Seconds that a generation may take to end; requests under way have less."""


class Generation:
    """A server over the files as they are when it is told to go.

    Args:
        at: the socket, which listens already.
        function: the folder of the application.
        reading: the environment that says where to read from.
        processes: what it is started under.
        console: hears what it says.
    """

    def __init__(
        self, at: socket.socket, function: Path, reading: Mapping[str, str], processes: Processes, console: Console
    ) -> None:
        descriptor = at.fileno()
        terminal = {"COLUMNS": str(served_line.columns()), **({"FORCE_COLOR": "1"} if colours() else {})}
        command = [sys.executable, "-m", "fanin.local.reload.server", str(descriptor), str(function)]
        self._process = processes.piped(command, {CONSOLE: "on", **terminal, **os.environ, **reading}, descriptor)
        self._serves = threading.Event()
        self._over = threading.Event()
        self._console = console
        threading.Thread(target=self._hear, daemon=True).start()

    def go(self) -> bool:
        """Let it read the files, and wait until it serves; False if it ended instead and said why."""
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(b"\n")
            self._process.stdin.flush()
        while not self._serves.wait(0.01):
            if self._over.is_set():
                return self._serves.is_set()
        return True

    def end(self) -> None:
        """End it once requests under way are answered."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_WITHIN)

    def _hear(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            text = line.decode(errors="replace").rstrip()
            if text == SERVING:
                self._serves.set()
            else:
                self._console.say(text)
        self._over.set()
