"""End what a program leaves behind, however it ended.

The program starts this file as a process of its own and writes to its standard input what it makes: `group PID` for a
process group, `ended PID` when that group is gone, `folder PATH` for a folder, `network NAME` for a network of
containers. When the program ends, killed or not, the input ends with it, and then the groups are ended, and the
networks with their containers and the folders removed. Standard library only, so that it starts at once.
"""

import os
import shutil
import signal
import sys
import time

GRACE = 0.5
"""Seconds between asking a group to end and killing it."""
PATIENCE = 2.0
"""Seconds that a group is waited for once it was killed. One whose processes nobody reaps is never gone."""


def main() -> None:
    """Note what is written until the input ends, then clean up."""
    # In a terminal, Ctrl-C is for the program; this one's sign is the end of its input.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    folders: list[str] = []
    networks: list[str] = []
    for line in sys.stdin:
        kind, _, value = line.rstrip("\n").partition(" ")
        if kind == "group":
            groups.add(int(value))
        elif kind == "ended":
            groups.discard(int(value))
        elif kind == "folder":
            folders.append(value)
        elif kind == "network":
            networks.append(value)
    end(groups)
    for network in networks:
        remove(network)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def end(groups: set[int]) -> None:
    """Ask every process of every group to end, kill those that have not after `GRACE` seconds, and wait for their end.

    A busy machine takes a while to end what was killed, which may hold a port, or write into a folder, until then.
    """
    for number, patience in ((signal.SIGTERM, GRACE), (signal.SIGKILL, PATIENCE)):
        deadline = time.monotonic() + patience
        groups = {group for group in groups if send(group, number)}
        while groups and time.monotonic() < deadline:
            time.sleep(0.02)
            groups = {group for group in groups if send(group, 0)}


def send(group: int, number: int) -> bool:
    """Send a signal to a group; whether the group had a process to send it to."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def remove(network: str) -> None:
    """Remove a network of containers, and every container that is on it."""
    import subprocess  # noqa: PLC0415 - slow to load, and seldom needed

    def docker(*arguments: str) -> list[str]:
        command = ["docker", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()

    if containers := docker("ps", "--all", "--quiet", "--filter", f"network={network}"):
        docker("rm", "--force", "--volumes", *containers)
    docker("network", "rm", network)


if __name__ == "__main__":
    main()
