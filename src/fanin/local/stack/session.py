"""A session of `make run`: the stack served, introduced, and kept up with its files."""

import socket
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from fanin.local.layout import CONFIGURATION, EXAMPLE, ROOT
from fanin.local.process.console import Console
from fanin.local.process.processes import Processes
from fanin.local.stack import budgets, function_logs, rights, stack, to_try, watch
from fanin.local.stack.stack import Stack
from fanin.local.stack.updates import Updates, watched
from fanin.local.upstream.client import UpstreamClient
from fanin.local.upstream.control import EVERY

DEMO = "/trip/Lisbon"
TIMED = (DEMO, f"/sync{DEMO}")
WARMING = ("/trip/Tokyo", "/sync/trip/Tokyo")
TO_TRY = (*TIMED, "/data", "/health", "/docs")
_FOLLOWS = (
    "\n  Changes of fanin.toml, functions/, layers/ and src/ are served as you save them. Ctrl-C ends everything.\n"
)
DELAY = 100
"""Milliseconds that each API of the demo upstream takes, as public ones do: in its own time they all would be equal."""


def run(at: socket.socket, *, live: bool, console: Console, processes: Processes) -> None:
    """Serve until interrupted; the arguments and errors of `stack.serving`."""
    with (
        stack.serving(at, live=live, console=console, processes=processes) as running,
        function_logs.shown(running.deployment, console),
        rights.refusals_shown(running.decisions, running.deployment.ids, console),
    ):
        if running.upstream:
            UpstreamClient(running.upstream).rules({EVERY: {"delay": DELAY}})
        changes = watch.changes(watched)
        updates = Updates(running, processes, console)
        introduce_example(running, console) if EXAMPLE else introduce(running, console)
        budgets.warn(console)
        for changed in changes:
            updates.serve(changed)


def introduce(running: Stack, console: Console) -> None:
    """Show what there is to try, and how long each source of a real request took."""
    # Both functions start at their first request, and at the same time; what is shown is the second, of another city,
    # since the gateway keeps what it has read.
    contrast = "SyncFunction" in running.deployment.ids
    there = [path for path in WARMING if contrast or not path.startswith("/sync")]
    with ThreadPoolExecutor() as pool:
        list(pool.map(timings, [running.url + path for path in there]))
    origin = (
        f"the demo upstream, {running.upstream}, {DELAY} ms for each API" if running.upstream else "the public APIs"
    )
    console.say(f"\n  Ready, reading from {origin}. To try:\n")
    timed = [path for path in TIMED if contrast or not path.startswith("/sync")]
    for url in [running.url + path for path in TO_TRY if path in timed or path not in TIMED] + [running.live_url]:
        if url:
            console.say(f"    {url}")
    for heading, path in [*((f"GET {path}", path) for path in timed), (f"GET {DEMO}, from the cache", DEMO)]:
        console.say(f"\n  {heading}")
        for line in timings(running.url + path):
            console.say(f"    {line}")
    console.say(_FOLLOWS)


def introduce_example(running: Stack, console: Console) -> None:
    """Show what there is to try of an example."""
    folder = CONFIGURATION.parent.relative_to(ROOT)
    origin = f"the fakes of {folder}/upstream.toml" if running.fakes else "the public APIs"
    console.say(f"\n  Ready: {folder}/fanin.toml, reading from {origin}. To try:\n")
    for request in [*to_try.requests(stack.read_configuration(), running.url), f"{running.url}/docs"]:
        console.say(f"    {request}")
    console.say(_FOLLOWS)


def timings(url: str) -> list[str]:
    """Ask for `url`, and tell how the answer's time was spent, a line for each source."""
    began = time.monotonic()
    try:
        with urllib.request.urlopen(url, timeout=35) as response:  # noqa: S310 - this program's own server
            response.read()
    except urllib.error.HTTPError as error:
        return [f"{error.code}: {error.read().decode(errors='replace')[:500]}"]
    except OSError as error:
        return [f"no answer: {error}"]
    took = (time.monotonic() - began) * 1000
    return [*_by_source(response.headers.get("Server-Timing", "")), f"{took:7.0f} ms  in all"]


def _by_source(server_timing: str) -> list[str]:
    """Lay out a Server-Timing header, such as `geo;dur=12.3, weather;dur=4.5`."""
    lines = []
    for metric in filter(None, map(str.strip, server_timing.split(","))):
        name, *parameters = (part.strip() for part in metric.split(";"))
        duration = next((float(p.removeprefix("dur=")) for p in parameters if p.startswith("dur=")), 0.0)
        lines.append(f"{duration:7.0f} ms  {name}")
    return lines
