"""The fanin.toml that is measured: endpoints of so many sources, each a call of so many milliseconds."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.upstream import Upstream

LOOPBACK: Final = "127.0.0.0/8:*"
"""What `FANIN_ALLOW` says of sources on this machine."""


def variables(file: Path) -> dict[str, str]:
    """Give the environment in which a function or a server serves a fanin.toml whose sources are on this machine."""
    return {"FANIN_CONFIG": str(file), "FANIN_ALLOW": LOOPBACK, "FANIN_CACHE": "off", "FANIN_THREADS": "on"}


def path_of(calls: int) -> str:
    """Give the path of the endpoint that makes so many calls."""
    return f"/calls/{calls}"


def url_of(upstream: Upstream, number: int, delay_ms: int) -> str:
    """Give a source's URL. Each has a host of its own, as other people's APIs do: here a port."""
    return f"http://127.0.0.1:{upstream[number % len(upstream)]}/delay/{delay_ms}"


def write(folder: Path, upstream: Upstream, calls: Sequence[int], delay_ms: int, *, kept: bool = False) -> Path:
    """Write it, with an endpoint for each of these numbers of calls, and give its path.

    No source refers to another. `kept` adds two endpoints of one source that answers at once: `/one`, and `/kept`,
    which keeps the answer for an hour.
    """
    urls = (url_of(upstream, number, delay_ms) for number in range(max(calls)))
    sources = {f"s{number}": f'url = "{url}"\ntimeout = "20s"' for number, url in enumerate(urls)}
    endpoints = {path_of(many): [f"s{number}" for number in range(many)] for many in calls}
    if kept:
        at_once = f'url = "{url_of(upstream, 0, 0)}"'
        sources |= {"one": at_once, "kept": f'{at_once}\ncache = {{ fresh = "1h" }}'}
        endpoints |= {"/one": ["one"], "/kept": ["kept"]}
    return written(folder, f"fanin-{len(calls)}-{delay_ms}", sources, endpoints)


def written(
    folder: Path, name: str, sources: Mapping[str, str], endpoints: Mapping[str, Sequence[str]], *more: str
) -> Path:
    """Write a fanin.toml under another name, and give its path.

    Args:
        folder: where.
        name: its name.
        sources: the lines of each source.
        endpoints: the names of each endpoint's sources, by its path.
        more: other lines, which come first.
    """
    lines = ["fanin = 1", *more]
    for source, own in sources.items():
        lines += [f"[sources.{source}]", own]
    for path, read in endpoints.items():
        lines += [f"[endpoints.{path[1:].replace('/', '_')}]", f'path = "{path}"']
        lines += [f"sources = {list(read)}", 'timeout = "29s"']
    file = folder / f"{name}.toml"
    file.write_text("\n".join(lines) + "\n")
    return file
