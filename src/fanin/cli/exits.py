"""What the command's exit codes mean, the same for all of its commands."""

from enum import IntEnum


class Exit(IntEnum):
    """An exit code."""

    FINE = 0
    """Done; for `call`, the answer is complete."""
    FAILED = 1
    """fanin.toml cannot be served, or, for `call`, the answer is a failure."""
    USAGE = 2
    """The command line asks for what is not there, or `call`'s parameters are refused."""
    PARTIAL = 3
    """The answer of `call` is partial."""
    FAULT = 70
    """fanin itself is at fault (EX_SOFTWARE of sysexits.h)."""
