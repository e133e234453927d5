"""How long N calls at once take, and what one call costs."""

import asyncio
import time

from measure.statistics import Spread
from measure.transports.candidates import Caller, Candidate, callers
from measure.transports.certificates import Trust
from measure.upstream import Upstream

DELAY_MS = 100


async def warm(  # noqa: PLR0913 - the dimensions of a measurement
    trust: Trust, upstream: Upstream, candidates: tuple[Candidate, ...], calls: int, *, hosts: int, rounds: int
) -> dict[str, Spread]:
    """Milliseconds from start to the last byte of `calls` kept-alive calls at once, candidates in turn."""
    opened = callers(trust, candidates)
    took: dict[str, list[float]] = {caller.name: [] for caller in opened}
    for turn in range(rounds + 2):
        for caller in opened[turn % len(opened) :] + opened[: turn % len(opened)]:
            if turn > 7 and calls >= 100 and "shared" in caller.name:
                continue  # seconds a round, and no contender
            milliseconds = await _fan_out(caller, upstream, calls, hosts)
            if turn >= 2:
                took[caller.name].append(milliseconds)
    for caller in opened:
        await caller.aclose()
    return {name: Spread.of(samples) for name, samples in took.items()}


async def cold(  # noqa: PLR0913 - as of warm
    trust: Trust, upstream: Upstream, candidates: tuple[Candidate, ...], calls: int, *, hosts: int, rounds: int
) -> dict[str, Spread]:
    """The same with clients that have no connection yet."""
    took: dict[str, list[float]] = {}
    for _ in range(rounds):
        for caller in callers(trust, candidates):
            took.setdefault(caller.name, []).append(await _fan_out(caller, upstream, calls, hosts))
            await caller.aclose()
    return {name: Spread.of(samples) for name, samples in took.items()}


async def cost(
    trust: Trust, upstream: Upstream, candidates: tuple[Candidate, ...], *, at_once: int, rounds: int
) -> dict[str, Spread]:
    """Microseconds of this process's CPU for one kept-alive call of about 2 kB, `at_once` at a time."""
    opened = callers(trust, candidates)
    spent: dict[str, list[float]] = {caller.name: [] for caller in opened}
    repeats = max(1, 200 // at_once)
    urls = [f"http://127.0.0.1:{upstream.plain[n]}/delay/0" for n in range(at_once)]
    for turn in range(rounds + 1):
        for caller in opened:
            before = time.process_time()
            for _ in range(repeats):
                await asyncio.gather(*(caller.call(n, url) for n, url in enumerate(urls)))
            if turn:
                spent[caller.name].append((time.process_time() - before) * 1e6 / (repeats * at_once))
    for caller in opened:
        await caller.aclose()
    return {name: Spread.of(samples) for name, samples in spent.items()}


async def _fan_out(caller: Caller, upstream: Upstream, calls: int, hosts: int) -> float:
    urls = [f"http://127.0.0.1:{upstream.plain[n % hosts]}/delay/{DELAY_MS}" for n in range(calls)]
    before = time.perf_counter()
    sizes = await asyncio.gather(*(caller.call(n, url) for n, url in enumerate(urls)))
    took = time.perf_counter() - before
    if min(sizes) < 1000:
        raise RuntimeError(f"{caller.name}: a body is short")
    return took * 1000
