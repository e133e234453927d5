"""The processes of an environment that takes many invocations at once: one for each processor, each with its slots."""

import asyncio
import logging
import math
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

logger = logging.getLogger("fanin")

SLOTS = "AWS_LAMBDA_MAX_CONCURRENCY"
"""The variable in which Lambda says how many events it hands over at once; not there if it is one."""
PROCESSES = "FANIN_PROCESSES"
"""The variable that says how many processes there are, in the place of one for each processor."""
_PART = "_FANIN_PART"
"""The variable that tells a process that it is one of several."""
_OUTPUT = "_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET"
"""The variable in which Lambda names the socket that gives each process a log of its own."""
_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_REPLACED = 3
"""How many processes are replaced that have ended by themselves, before the environment ends."""


def processors(quota: Path = _QUOTA) -> int:
    """Give how many processors this environment has: those that it may run on, or as many as its share comes to."""
    count = os.process_cpu_count() or 1
    with suppress(OSError, ValueError):
        most, period = quota.read_text().split()
        count = min(count, math.ceil(int(most) / int(period)))  # "max" is no number
    return max(1, count)


def shares(slots: int, processes: int) -> list[int]:
    """Share slots out among processes, each of which gets at least one; there are no more processes than slots."""
    processes = max(1, min(slots, processes))
    return [slots // processes + (number < slots % processes) for number in range(processes)]


def shares_of(environment: Mapping[str, str]) -> list[int]:
    """Give the slots of each process of an environment.

    Raises:
        ValueError: a variable that says how many is no number.
    """
    slots = int(environment.get(SLOTS) or 1)
    return shares(slots, 1 if slots == 1 else int(environment.get(PROCESSES) or processors()))


def are_several(environment: Mapping[str, str]) -> bool:
    """Whether an environment has several slots, in this process or in others."""
    return is_another(environment) or int(environment.get(SLOTS) or 1) > 1


def is_another(environment: Mapping[str, str]) -> bool:
    """Whether this process was started by the first one of its environment."""
    return _PART in environment


def open_output(environment: Mapping[str, str]) -> None:
    """Have Lambda read the lines of this process by themselves, as it does of each process of AWS's own runtime.

    Lines of processes that write to one log would run into each other. Without Lambda's socket nothing is changed.
    """
    if address := environment.get(_OUTPUT):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connected:
                connected.connect(address)
                stream.flush()
                os.dup2(connected.fileno(), stream.fileno())


class Others:
    """The other processes of an environment. Each is this program once more, with its share of the slots.

    They import the function for themselves: what it holds, threads and connections among it, is not shared.

    Args:
        command: what starts this program.
        environment: the function's.
        shares: the slots of each.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], shares: Sequence[int]) -> None:
        self._command = command
        self._environment = environment
        self._running = {self._started(share): share for share in shares}
        self._may_replace = _REPLACED
        self._ending = False

    def watch(self, lost: Callable[[], None]) -> None:
        """Start another in the place of one that ends by itself, on the running loop.

        Args:
            lost: is called when too many have ended.
        """
        for process in self._running:
            self._watch(process, lost)

    def end(self) -> None:
        """Have them end (SIGTERM), and wait for it: they have a bounded time, as this process has."""
        self._ending = True
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait()

    def _started(self, share: int) -> subprocess.Popen[bytes]:
        variables = {**self._environment, SLOTS: str(share), PROCESSES: "1", _PART: "1"}
        return subprocess.Popen(self._command, env=variables)  # noqa: S603 - this program's own command

    def _watch(self, process: subprocess.Popen[bytes], lost: Callable[[], None]) -> None:
        loop, number = asyncio.get_running_loop(), os.pidfd_open(process.pid)

        def ended() -> None:
            loop.remove_reader(number)
            os.close(number)
            if self._ending:
                return
            share = self._running.pop(process)
            logger.error("a process of the runtime has ended", extra={"status": process.wait()})
            if self._may_replace:
                self._may_replace -= 1
                self._running[another := self._started(share)] = share
                self._watch(another, lost)
            else:
                lost()

        loop.add_reader(number, ended)
