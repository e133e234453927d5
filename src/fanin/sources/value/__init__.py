"""The fetches of the kind `value`: static values, which are given without a call."""

import math
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from typing import Any

from fanin.config import Source
from fanin.engine.call import Call, Fetch
from fanin.engine.outcome import Outcome
from fanin.sources.reach import BlockingFetch, BlockingReach, Reach


def on_loop(_reach: Reach, _ends: AsyncExitStack) -> Callable[[Source], Fetch]:
    """Make the fetch of static values on an event loop."""

    async def fetch(call: Call) -> Outcome[Any]:
        return _outcome(call)

    return lambda _: fetch


def in_threads(reach: BlockingReach, _ends: ExitStack) -> Callable[[Source], BlockingFetch]:
    """Make the fetch of static values for threads."""

    def fetch(call: Call) -> Outcome[Any]:
        call.span.started = call.span.ended = reach.clock()
        return _outcome(call)

    return lambda _: fetch


def _outcome(call: Call) -> Outcome[Any]:
    """Give the value; it is fresh for as long as the deployment, so it shortens no answer's freshness."""
    return Outcome(call.source.static, attempts=0, fresh_for=math.inf)
