"""A generation of the server, from its start to its end, as the program that replaces it sees it."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fanin.local.layout import CONFIGURATION
from fanin.local.process.console import Console, colours, columns
from fanin.local.process.processes import Processes

SERVING: Final = "serving"
"""What it writes once it answers."""
_END_WITHIN: Final = 10.0
"""Seconds that a generation may take to end; requests under way have less."""


class Generation:
    """A server over the files as they are when it is told to go. It begins to import at once.

    Args:
        at: the socket, which listens already.
        function: the folder of the application.
        processes: what it is started under.
        console: hears what it says.
    """

    def __init__(self, at: socket.socket, function: Path, processes: Processes, console: Console) -> None:
        descriptor = at.fileno()
        terminal = {"COLUMNS": str(columns()), **({"FORCE_COLOR": "1"} if colours() else {})}
        environment = {**terminal, **os.environ, "FANIN_CONFIG": str(CONFIGURATION)}
        command = [sys.executable, "-m", "fanin.local.reload.server", str(descriptor), str(function)]
        self._process = processes.piped(command, environment, descriptor)
        self._serves = threading.Event()
        self._over = threading.Event()
        self._console = console
        threading.Thread(target=self._hear, daemon=True).start()

    def go(self, reading: Mapping[str, str]) -> bool:
        """Let it read the files, and wait until it serves; False if it ended instead and said why.

        Args:
            reading: the environment that says where to read from.
        """
        assert self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(dict(reading)).encode() + b"\n")
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
