"""Kept TLS connections across separate runs of the loop."""

import asyncio
import statistics
import time
from dataclasses import dataclass

from measure.transports.candidates import Caller
from measure.upstream import Upstream, counts

AT_ONCE = 10


@dataclass(frozen=True)
class Tls:
    """`handshakes` over all runs (as many as calls at once is right); milliseconds of the first and of a later run."""

    handshakes: int
    first: float
    later: float


def kept(caller: Caller, upstream: Upstream, runs: int) -> Tls:
    """Make the same calls in `runs` separate `run_until_complete`s, as separate invocations would."""
    loop = asyncio.new_event_loop()
    before = counts(upstream)
    took = []
    for _ in range(runs):
        start = time.perf_counter()
        loop.run_until_complete(_together(caller, f"https://localhost:{upstream.tls}/delay/0"))
        took.append((time.perf_counter() - start) * 1000)
    handshakes = counts(upstream).connections - before.connections - 1
    loop.run_until_complete(caller.aclose())
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
    return Tls(handshakes, round(took[0], 1), round(statistics.median(took[1:]), 1))


async def _together(caller: Caller, url: str) -> None:
    await asyncio.gather(*(caller.call(source, url) for source in range(AT_ONCE)))
