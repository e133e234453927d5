"""The fanin.toml that is measured: endpoints of so many sources, each a call of so many milliseconds."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.upstream import Upstream

LOOPBACK: Final = "127.0.0.0/8:*"
"""What `FANIN_ALLOW` says of sources on this machine."""


def variables(file: Path) -> dict[str, str]:
    """Give the environment in which a function or a server serves a fanin.toml whose sources are on this machine."""
    return {"FANIN_CONFIG": str(file), "FANIN_ALLOW": LOOPBACK, "FANIN_CACHE": "off", "FANIN_THREADS": "on"}


def of_servers(folder: Path, upstream: Upstream, delay_ms: int) -> dict[str, str]:
    """Give the environment in which any server, fanin's or another, answers a request with one call."""
    url = url_of(upstream, 0, delay_ms)
    return variables(write(folder, upstream, (1,), delay_ms)) | {"CONTRAST_UPSTREAM": url, "PEER_URLS": url}


def path_of(calls: int) -> str:
    """Give the path of the endpoint that makes so many calls."""
    return f"/calls/{calls}"


def url_of(upstream: Upstream, number: int, delay_ms: int) -> str:
    """Give a source's URL. Each has a host of its own, as other people's APIs do: here a port."""
    return f"http://127.0.0.1:{upstream[number % len(upstream)]}/delay/{delay_ms}"


def write(folder: Path, upstream: Upstream, calls: Iterable[int], delay_ms: int, *, kept: bool = False) -> Path:
    """Write it, with an endpoint for each of these numbers of calls, and give its path.

    No source refers to another. `kept` adds two endpoints of one source that answers at once: `/one`, and `/kept`,
    which keeps the answer for an hour.
    """
    urls = (url_of(upstream, number, delay_ms) for number in range(max(calls)))
    sources = {f"s{number}": f'url = "{url}"\ntimeout = "20s"' for number, url in enumerate(urls)}
    endpoints = {path_of(many): list(sources)[:many] for many in calls}
    if kept:
        at_once = f'url = "{url_of(upstream, 0, 0)}"'
        sources |= {"one": at_once, "kept": f'{at_once}\ncache = {{ fresh = "1h" }}'}
        endpoints |= {"/one": ["one"], "/kept": ["kept"]}
    return written(folder / f"fanin-{len(endpoints)}-{delay_ms}.toml", sources, endpoints)


def written(file: Path, sources: Mapping[str, str], endpoints: Mapping[str, Sequence[str]], *more: str) -> Path:
    """Write a fanin.toml: the lines of each source, the names of each endpoint's by its path; `more` comes first."""
    lines = ["fanin = 1", *more]
    for source, own in sources.items():
        lines += [f"[sources.{source}]", own]
    for path, read in endpoints.items():
        lines += [f"[endpoints.{path[1:].replace('/', '_')}]", f'path = "{path}"']
        lines += [f"sources = {list(read)}", 'timeout = "29s"']
    file.write_text("\n".join(lines) + "\n")
    return file
