"""Loopback ports: taking the one that was asked for, and finding free ones."""

import contextlib
import errno
import random
import socket
from collections.abc import Mapping
from typing import Final

from fanin.local.process.console import Problem

LOOPBACK: Final = "127.0.0.1"
_OWN: Final = range(20_000, 32_768)
"""Below the ports that Linux, macOS and Windows give to connections, and to servers that ask for any."""


def asked(environment: Mapping[str, str]) -> int:
    """Read the port that a person has asked for by PORT; 3000 without it.

    Raises:
        Problem: it is none.
    """
    text = environment.get("PORT") or "3000"
    if not text.isdecimal() or int(text) > 65535:
        raise Problem(f"PORT={text} is no port. Give a number up to 65535, such as PORT=3001")
    return int(text)


def take(port: int) -> socket.socket:
    """Return a socket bound to `port` of the loopback address, any free one for 0. It does not listen yet.

    Raises:
        Problem: the port is taken, or this user may not have it.
    """
    # It names TCP, since asyncio looks at that before it sets TCP_NODELAY. Without it the body of an answer waits 40 ms
    # for the acknowledgement of its head.
    taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((LOOPBACK, port))
    except OSError as error:
        taken.close()
        raise refusal(port, error) from error
    return taken


def refusal(port: int, error: OSError) -> Problem:
    """Say what to do about a port that could not be had."""
    why = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
    return Problem(f"Port {port} {why}. Choose another: PORT={max(port, 3000) + 1}")


def free() -> int:
    """Return a port that is free now, and that no system gives away by itself to whoever asks for any.

    So it is most probably free still when the program that it is for takes it, a second later.

    Raises:
        Problem: there is none.
    """
    for port in random.SystemRandom().sample(_OWN, 1000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
    raise Problem("No port is free on this machine")


def accepts(port: int) -> bool:
    """Say whether something listens on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0
