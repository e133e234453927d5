"""Which hosts a laptop's server answers for: a page elsewhere whose name leads here (DNS rebinding) reads nothing."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from fanin.errors import RequestError

VARIABLE: Final = "FANIN_HOSTS"
"""Of the environment: hosts to answer for beside loopback's, separated by spaces."""
LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "[::1]")
_HOST = re.compile(r"([a-z0-9.-]+|\[[a-f0-9:.]+\])(?::[0-9]+)?")


def served(environment: Mapping[str, str]) -> list[str]:
    """List the hosts to answer for: `.example.com` is that host and all below it, and `*` is any."""
    return [*LOOPBACK_NAMES, *environment.get(VARIABLE, "").split()]


def allows(values: Sequence[str], hosts: Sequence[str]) -> bool:
    """Tell whether a request may be answered, by Django's rule for ALLOWED_HOSTS.

    Args:
        values: the values of its Host headers, of which there has to be one.
        hosts: the hosts to answer for, as `served` lists them.
    """
    if len(values) != 1 or not (host := _HOST.fullmatch(values[0].lower())):
        return False
    name = host[1].removesuffix(".")
    return bool(name) and any(_is(name, pattern.lower()) for pattern in hosts)


def unknown_host() -> RequestError:
    """Make what a request for another host is refused with."""
    return RequestError(400, "unknown-host", "Unknown host", "the server does not answer for this host")


def _is(name: str, pattern: str) -> bool:
    if pattern.startswith("."):
        return name.endswith(pattern) or name == pattern[1:]
    return pattern in {"*", name}
