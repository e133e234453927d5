"""A session of `make run`: the stack served, introduced, and kept up with its files."""

import socket
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from types import MappingProxyType

from fanin.local.layout import CONFIGURATION, EXAMPLE, ROOT
from fanin.local.process.console import Console
from fanin.local.process.processes import Processes
from fanin.local.stack import file_warnings, front_door, function_logs, rights, stack, stream_door, to_try, watch
from fanin.local.stack.stack import Stack
from fanin.local.stack.updates import Updates, watched
from fanin.local.upstream.client import UpstreamClient
from fanin.local.upstream.control import EVERY

_WARMING = ("/health", "/sync/health")
"""What starts the functions; where they have no such path, they say so, and have started."""
_FOLLOWS = "\n  Changes of fanin.toml, functions/ and layers/ are served as you save them. Ctrl-C ends everything.\n"
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
        faking = [running.fakes.file] if running.fakes else []
        changes = watch.changes(lambda: [*watched(), *faking])
        updates = Updates(running, processes, console)
        introduce(running, console)
        file_warnings.show(console)
        for changed in changes:
            updates.serve(changed)


def introduce(running: Stack, console: Console) -> None:
    """Show what there is to try, and how long each source of a real request took."""
    config = stack.read_configuration()
    requests = list(to_try.requests(config, running.url))
    folder = CONFIGURATION.parent.relative_to(ROOT)
    console.say(f"\n  Ready: {folder / CONFIGURATION.name}, reading from {_origin(running, folder)}. To try:\n")
    pages = to_try.pages(running.environment.parameters, running.url)
    for request in [*requests, *pages, *filter(None, [running.live_url])]:
        console.say(f"    {request}")
    target = next((url.removeprefix(running.url) for url in requests if url.startswith(running.url)), None)
    if running.streaming and target:
        console.say(f"    curl -N -H 'Accept: application/x-ndjson' {running.url}{stream_door.PATH}{target}")
    if target and not EXAMPLE:
        _show_times(running, target, console)
    console.say(_FOLLOWS)


def _origin(running: Stack, folder: Path) -> str:
    if running.upstream:
        return f"the demo upstream, {running.upstream}, {DELAY} ms for each API"
    return f"the fakes of {folder / 'upstream.toml'}" if running.fakes else "the APIs that it names"


def _show_times(running: Stack, target: str, console: Console) -> None:
    """Show a request's times, one source after another too if there is a function for that, and from the cache."""
    compared = "SyncFunction" in running.deployment.ids
    # The functions start at their first request, and at the same time.
    with ThreadPoolExecutor() as pool:
        warming = [running.url + path for path in (_WARMING if compared else _WARMING[:1])]
        list(pool.map(timings, warming, repeat(front_door.WARM_UP)))
    timed = [(f"GET {path}", path) for path in ([target, f"/sync{target}"] if compared else [target])]
    if any(source.cache for source in stack.read_configuration().sources.values()):
        timed.append((f"GET {target}, again", target))
    for heading, path in timed:
        console.say(f"\n  {heading}")
        for line in timings(running.url + path):
            console.say(f"    {line}")


def timings(url: str, headers: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """Ask for `url`, and tell how the answer's time was spent, a line for each source."""
    began = time.monotonic()
    request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 - this program's own server
    try:
        with urllib.request.urlopen(request, timeout=35) as response:  # noqa: S310 - likewise
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
