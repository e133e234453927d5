"""The fanin.toml that is measured: endpoints of so many sources, each a call of so many milliseconds."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.upstream import Upstream


def path_of(calls: int) -> str:
    """Give the path of the endpoint that makes so many calls."""
    return f"/calls/{calls}"


def url_of(upstream: Upstream, number: int, delay_ms: int) -> str:
    """Give a source's URL. Each has a host of its own, as other people's APIs do: here a port."""
    return f"http://127.0.0.1:{upstream.ports[number % len(upstream.ports)]}/delay/{delay_ms}"


def write(folder: Path, upstream: Upstream, calls: Sequence[int], delay_ms: int, *, kept: bool = False) -> Path:
    """Write it, with an endpoint for each of these numbers of calls, and give its path.

    No source refers to another. `kept` adds two endpoints of one source that answers at once: `/one`, and `/kept`,
    which keeps the answer for an hour.
    """
    lines = ["fanin = 1"]
    for number in range(max(calls)):
        lines += [f"[sources.s{number}]", f'url = "{url_of(upstream, number, delay_ms)}"', 'timeout = "20s"']
    for many in calls:
        names = ", ".join(f'"s{number}"' for number in range(many))
        lines += [f"[endpoints.calls_{many}]", f'path = "{path_of(many)}"']
        lines += [f"sources = [{names}]", 'timeout = "29s"']
    for name, cache in (("one", ""), ("kept", 'cache = { fresh = "1h" }')) if kept else ():
        lines += [f"[sources.{name}]", f'url = "{url_of(upstream, 0, 0)}"', cache]
        lines += [f"[endpoints.{name}]", f'path = "/{name}"', f'sources = ["{name}"]']
    path = folder / f"fanin-{len(calls)}-{delay_ms}.toml"
    path.write_text("\n".join(lines) + "\n")
    return path
