"""The fanin.toml that is measured: endpoints of so many sources, each a call of so many milliseconds."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.upstream import Upstream


def path_of(calls: int, delay_ms: int) -> str:
    """Give the path of the endpoint that makes so many calls of so many milliseconds."""
    return f"/calls/{calls}/of/{delay_ms}"


def write(folder: Path, upstream: Upstream, calls: Sequence[int], delay_ms: int) -> Path:
    """Write it, with an endpoint for each of these numbers of calls, and give its path.

    Each source has a host of its own, as other people's APIs do: here a port. None refers to another.
    """
    lines = ["fanin = 1"]
    for number in range(max(calls)):
        url = f"http://127.0.0.1:{upstream.ports[number]}/delay/{delay_ms}"
        lines += [f"[sources.s{number}_{delay_ms}]", f'url = "{url}"', 'timeout = "20s"']
    for many in calls:
        names = ", ".join(f'"s{number}_{delay_ms}"' for number in range(many))
        lines += [f"[endpoints.calls_{many}_of_{delay_ms}]", f'path = "{path_of(many, delay_ms)}"']
        lines += [f"sources = [{names}]", 'timeout = "29s"']
    path = folder / f"fanin-{delay_ms}.toml"
    path.write_text("\n".join(lines) + "\n")
    return path
