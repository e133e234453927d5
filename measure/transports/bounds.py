"""Whether the wall clock bounds a call, what is left behind, and what unasked-for amounts cost."""

import asyncio
import gc
import os
import time
from dataclasses import dataclass
from pathlib import Path

from measure.transports.candidates import Caller, callers
from measure.transports.certificates import Trust
from measure.upstream import Upstream

LIMIT_SECONDS = 0.25
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Bounded:
    """One misbehaviour under `asyncio.timeout`."""

    late: float
    """Milliseconds from the deadline to the end of the call; below 0 where it ended before, with `error`."""
    error: str
    tasks: int
    sockets: int
    """Tasks and sockets that are there 50 ms later, and were not before."""
    next_call: str
    """Error of a good call made after it, or nothing."""


@dataclass(frozen=True)
class Flooded:
    """10 MB of header section, and a body without end that nobody reads for half a second."""

    headers: str
    header_cpu: float
    header_megabytes: float
    unread_megabytes: float


async def by_the_clock(trust: Trust, upstream: Upstream) -> dict[str, dict[str, Bounded]]:
    """Try each misbehaviour once on every candidate, with clients that have no connection yet."""
    plain = f"http://127.0.0.1:{upstream.plain[0]}"
    hazards = {name: f"{plain}/{name}" for name in ("silent", "drip-head", "drip-body", "endless")}
    hazards["TLS hangs"] = f"https://localhost:{upstream.deaf}/"
    results: dict[str, dict[str, Bounded]] = {}
    for hazard, url in hazards.items():
        for caller in callers(trust):
            results.setdefault(caller.name, {})[hazard] = await _bounded(caller, url, f"{plain}/delay/0")
            await caller.aclose()
            await asyncio.sleep(0.01)  # its sockets close before the next is counted
    return results


async def flooded(trust: Trust, upstream: Upstream) -> dict[str, Flooded]:
    """Ask every candidate for too much."""
    return {caller.name: await _flooded(caller, upstream) for caller in callers(trust)}


async def _flooded(caller: Caller, upstream: Upstream) -> Flooded:
    plain = f"http://127.0.0.1:{upstream.plain[0]}"
    await caller.call(0, f"{plain}/delay/0")
    resident, spent = _resident(), time.process_time()
    try:
        async with caller.answered(0, f"{plain}/head/10000000") as response:
            headers = f"accepted: {sum(len(value) for _, value in response.headers.raw) / 1e6:.0f} MB"
    except Exception as error:
        headers = type(error).__name__
    header_cpu, header_growth = time.process_time() - spent, _resident() - resident
    resident = _resident()
    async with caller.answered(0, f"{plain}/endless"):
        await asyncio.sleep(0.5)
        unread = _resident() - resident
    await caller.aclose()
    return Flooded(headers, round(header_cpu * 1000, 1), round(header_growth / 1e6, 1), round(unread / 1e6, 1))


async def _bounded(caller: Caller, url: str, good_url: str) -> Bounded:
    await caller.aopen()
    gc.collect()
    tasks, sockets = len(asyncio.all_tasks()), _sockets()
    error = "none"
    start = time.perf_counter()
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            await caller.call(0, url)
    except Exception as raised:
        error = type(raised).__name__
    late = time.perf_counter() - start - LIMIT_SECONDS
    await asyncio.sleep(0.05)
    left_tasks, left_sockets = len(asyncio.all_tasks()) - tasks, _sockets() - sockets
    try:
        await caller.call(0, good_url)
        next_call = ""
    except Exception as raised:
        next_call = type(raised).__name__
    return Bounded(round(late * 1000, 1), error, left_tasks, left_sockets, next_call)


def _sockets() -> int:
    links = 0
    for link in Path("/proc/self/fd").iterdir():
        try:
            links += str(link.readlink()).startswith("socket:")
        except OSError:
            continue  # the descriptor of this very listing
    return links


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
