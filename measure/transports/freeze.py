"""What a client makes of connections that the peer ended while it was frozen, as it is between invocations.

The whole process is stopped, as on Lambda: a client with threads of its own would otherwise see the end in time.
"""

import asyncio
import multiprocessing
import os
import signal
import ssl
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from measure.transports.candidates import Caller, callers
from measure.transports.certificates import Trust
from measure.upstream import Upstream, counts, thaw_later

AT_ONCE = 10
ENDS_AFTER_MS = 20


@dataclass(frozen=True)
class Thawed:
    """How often the first calls after a freeze failed, by (ending, method), and what with."""

    calls: int
    failed: dict[str, int]
    errors: dict[str, int]
    gets_seen: int
    """How often the upstream got a GET that it answered with RST, on a reused connection: a repeat is right here."""
    posts_seen: int
    """The same for a POST: more than 1 is a repeated effect."""


def after_freezes(authority_pem: bytes, upstream: Upstream, calls: int, *, yielding: bool) -> dict[str, Thawed]:
    """Measure every candidate in a process that can be stopped without the terminal noticing."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(_all, authority_pem, upstream, calls, yielding=yielding).result()


def _all(authority_pem: bytes, upstream: Upstream, calls: int, *, yielding: bool) -> dict[str, Thawed]:
    trust = Trust(ssl.create_default_context(), authority_pem)
    return {caller.name: _after_freeze(caller, upstream, calls, yielding=yielding) for caller in callers(trust)}


def _after_freeze(caller: Caller, upstream: Upstream, calls: int, *, yielding: bool) -> Thawed:
    """`yielding` gives the loop one turn before the calls."""
    loop = asyncio.new_event_loop()
    failed: dict[str, int] = {}
    errors: Counter[str] = Counter()
    try:
        for ending in ("close", "reset"):
            for method in ("GET", "POST"):
                names: list[str] = []
                while len(names) < calls:
                    loop.run_until_complete(_together(caller, upstream, "GET", f"{ending}/{ENDS_AFTER_MS}"))
                    thaw_later(upstream, os.getpid())
                    os.kill(os.getpid(), signal.SIGSTOP)
                    names += loop.run_until_complete(_together(caller, upstream, method, "delay/0", yielding=yielding))
                failed[f"{ending} {method}"] = sum(1 for name in names if name)
                errors.update(name for name in names if name)
        gets, posts = (loop.run_until_complete(_seen(caller, upstream, method)) for method in ("GET", "POST"))
        loop.run_until_complete(caller.aclose())
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
    return Thawed(calls, failed, dict(errors), gets, posts)


async def _together(caller: Caller, upstream: Upstream, method: str, path: str, *, yielding: bool = False) -> list[str]:
    if yielding:
        await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    calls = (_error(caller, upstream, source, method, path) for source in range(AT_ONCE))
    # Eager, since an ordinary task starts in the loop's next turn, by which time the loop has seen every ending.
    return await asyncio.gather(*(asyncio.Task(call, loop=loop, eager_start=True) for call in calls))


async def _error(caller: Caller, upstream: Upstream, source: int, method: str, path: str) -> str:
    url = f"http://127.0.0.1:{upstream.plain[source]}/{path}"
    try:
        await caller.call(source, url, method, b"{}" if method == "POST" else None)
    except Exception as error:
        return type(error).__name__
    return ""


async def _seen(caller: Caller, upstream: Upstream, method: str) -> int:
    await _error(caller, upstream, 0, "GET", "delay/0")
    before = counts(upstream)
    await _error(caller, upstream, 0, method, "reset-now")
    after = counts(upstream)
    return after.posts - before.posts if method == "POST" else after.requests - before.requests - 1
