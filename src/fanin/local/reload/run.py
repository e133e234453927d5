"""`make serve` in a project: serve until told to stop, and what has changed a moment after it has.

The next generation of the server starts while the last goes on serving, on the same socket; if it does not start, the
last stays. Environment: PORT, the port to serve on (3000); LIVE=1 to read from the APIs that fanin.toml names.
"""

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from fanin.local import example
from fanin.local.layout import CONFIGURATION, ROOT
from fanin.local.process import ports
from fanin.local.process.console import Console, Problem
from fanin.local.process.interrupts import Interrupts
from fanin.local.process.processes import Processes
from fanin.local.process.program import reads_live, until_stopped
from fanin.local.reload.generation import Generation

# ruff: noqa: PLC0415 - imported while the first generation imports, which takes as long

FUNCTION: Final = ROOT / "functions/gateway"
_UPSTREAM: Final = CONFIGURATION.with_name("upstream.toml")
_EVERY: Final = 0.05
"""Seconds between two looks at files."""
_GOES_ON: Final = {True: "  The old version goes on serving.", False: "  Nothing is served until this is mended."}
"""What goes on in spite of a mistake, by whether anything is served."""


def main() -> int:
    """Serve; 0 when told to stop, 1 if it cannot."""
    return until_stopped(_serve_changes)


def _serve_changes(console: Console, interrupts: Interrupts) -> None:
    example.check()
    with Processes(interrupts) as processes, ports.take(ports.asked(os.environ)) as at:
        at.listen()  # who asks before the first generation serves waits
        _serve(at, console, processes)


def _serve(at: socket.socket, console: Console, processes: Processes) -> None:
    later = Generation(at, FUNCTION, processes, console)
    from fanin.local.stack import watch

    changes = watch.changes(_watched, _EVERY)
    introduced = False
    while True:
        with _sources(live=reads_live(os.environ), console=console) as reading:
            serving = later
            serves = serving.go(reading)
            _tell_of_start(at, console, serves=serves, introduced=introduced)
            introduced = True
            later = Generation(at, FUNCTION, processes, console)
            behind = False  # whether the fakes are not yet as upstream.toml says
            for changed in changes:
                if _UPSTREAM in changed or behind:
                    behind = not _can_be_played(console, serves=serves)
                    if not behind:
                        serving.end()
                        break
                    if changed == {_UPSTREAM}:
                        continue
                began = time.monotonic()
                if later.go(reading):
                    serving.end()
                    serving, serves = later, True
                    took = time.monotonic() - began
                    console.say(f"  changed: {', '.join(_named(changed))}; served after {took:.2f} s")
                else:
                    _explain(console)
                    console.warn(_GOES_ON[serves])
                later = Generation(at, FUNCTION, processes, console)


def _tell_of_start(at: socket.socket, console: Console, *, serves: bool, introduced: bool) -> None:
    """Say where the first generation serves, or why a generation does not.

    Raises:
        Problem: the first does not: clients would wait without an answer.
    """
    if not serves:
        _explain(console)
        if not introduced:
            raise Problem("Mend that, and try again.")
        console.warn(_GOES_ON[serves])
    elif not introduced:
        _introduce(f"http://{ports.LOOPBACK}:{at.getsockname()[1]}", console)


@contextmanager
def _sources(*, live: bool, console: Console) -> Iterator[dict[str, str]]:
    """Give the environment that says where to read from: the fakes beside fanin.toml, or as it is."""
    from fanin.local.upstream import fakes

    reading = {"FANIN_ALLOW": os.environ.get("FANIN_ALLOW", "127.0.0.0/8:*")}
    file = None if live else fakes.file_beside(CONFIGURATION)
    if file is None:
        yield reading
        return
    with fakes.serving(file, console.warn) as running:
        yield running.environment | reading


def _can_be_played(console: Console, *, serves: bool) -> bool:
    """Whether upstream.toml says what fakes can answer, and fanin.toml leads to them; what is wrong is told."""
    from fanin.config.finding import ConfigError

    try:
        wrong = _misnamed()
    except (Problem, ConfigError) as problem:
        wrong = str(problem)
    if wrong:
        console.warn(f"{wrong}\n{_GOES_ON[serves]}")
    return not wrong


def _explain(console: Console) -> None:
    """Say what a mistake of fanin.toml that a server has told may come from."""
    from fanin.config.finding import ConfigError

    with suppress(ConfigError, Problem):
        if unknown := _misnamed():
            console.warn(f"  {unknown}")


def _misnamed() -> str:
    """Say which fakes stand for variables that fanin.toml does not have; nothing if none does.

    Raises:
        ConfigError: fanin.toml cannot be served.
        Problem: upstream.toml says what it cannot.
    """
    from fanin.config import load
    from fanin.local.upstream import fakes, script_file

    file = fakes.file_beside(CONFIGURATION)
    if file is None:
        return ""
    unknown = fakes.without_variable(script_file.read(file).names, load(CONFIGURATION, os.environ).variables)
    return f"{unknown} Rename it in both." if unknown else ""


def _watched() -> list[Path]:
    from fanin.config.files import files_of

    return [CONFIGURATION, _UPSTREAM, *files_of(CONFIGURATION), FUNCTION]


def _named(changed: object) -> list[str]:
    paths = changed if isinstance(changed, set | frozenset) else set()
    return sorted(str(path.relative_to(ROOT)) for path in paths)


def _introduce(url: str, console: Console) -> None:
    from fanin.config import load
    from fanin.config.finding import ConfigError
    from fanin.local.stack import to_try

    console.say(f"\n  fanin on {url}. To try:\n")
    try:
        requests = list(to_try.requests(load(CONFIGURATION, {}), url))
    except ConfigError as error:
        raise Problem(str(error)) from error
    for request in [*requests, f"{url}/console", f"{url}/docs"]:
        console.say(f"    {request}")
    console.say("\n  Changes are served as you save them. Ctrl-C ends everything.\n")


if __name__ == "__main__":
    sys.exit(main())
