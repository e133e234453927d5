"""A session of `make local`: what was built served by `sam local start-api`, its log shown, and kept up with its files.

Unlike `make run`, which exchanges what has changed while it serves, this starts `sam local` again.
"""

import contextlib
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from fanin.local.containers import sam_local
from fanin.local.containers.sam_local import Sandbox
from fanin.local.process.console import Console, Problem
from fanin.local.process.following import following
from fanin.local.process.processes import Processes
from fanin.local.stack import function_logs, stack, to_try, watch
from fanin.local.stack.updates import watched

_EVERY: Final = 0.2
"""Seconds between two looks at the log."""
_CHATTER: Final = ("Invoking ", "Lambda function ")
"""What SAM writes for every request, and tells nothing."""


def run(port: int, *, live: bool, console: Console, processes: Processes) -> None:
    """Serve until interrupted.

    Args:
        port: where.
        live: read from the public APIs rather than from a demo upstream.
        console: hears of every step.
        processes: what everything is started under.

    Raises:
        Problem: containers cannot be started here, or what is there at first cannot be served.
    """
    changes = watch.changes(watched)
    with sam_local.sandbox(live=live, console=console, processes=processes) as sandbox:
        template = sam_local.built(sandbox, console, processes)
        while True:
            with _served(template, port, sandbox, console, processes):
                later = _next(changes, sandbox, console, processes)
            shutil.rmtree(template.parent)
            template = later


@contextlib.contextmanager
def _served(template: Path, port: int, sandbox: Sandbox, console: Console, processes: Processes) -> Iterator[None]:
    with contextlib.ExitStack() as started:
        with console.step("starting sam local start-api"):
            api = started.enter_context(sam_local.api(template, port, sandbox, processes))
        origin = f"{sandbox.upstream.title}, {sandbox.upstream.url}" if sandbox.upstream else "the APIs that it names"
        console.say(f"\n  Ready, reading from {origin}. To try:\n")
        pages = to_try.pages(sandbox.environment.parameters, api.url)
        for request in [*to_try.requests(stack.read_configuration(), api.url), *pages]:
            console.say(f"    {request}")
        console.say(
            "\n  It starts again when you save a change of fanin.toml, functions/ or layers/. Ctrl-C ends it.\n"
        )
        started.enter_context(_shown(api.log, console))
        yield


def _next(changes: Iterator[object], sandbox: Sandbox, console: Console, processes: Processes) -> Path:
    """Wait for a change that can be served, and return its build."""
    for _ in changes:
        try:
            return sam_local.built(sandbox, console, processes)
        except Problem as problem:
            console.warn(f"{problem}\n  The old version goes on serving.")
    raise AssertionError("changes never end")


def _shown(log: Path, console: Console) -> AbstractContextManager[None]:
    """Show a log of `sam local` from its end on, as long as the context lasts."""
    return following(lambda looks: _follow(log, console, looks), _EVERY)


def _follow(log: Path, console: Console, looks: Iterator[None]) -> None:
    with log.open(errors="replace") as lines:
        lines.seek(0, 2)
        begun = ""
        for _ in looks:
            *whole, begun = (begun + lines.read()).split("\n")
            for line in whole:
                if line.strip() and not line.startswith(_CHATTER) and (text := function_logs.rendered(line)):
                    console.say(f"  {text}")
