"""The fetches of the kind `compute`: values that fanin makes of what a request has so far."""

import math
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from typing import Any

from fanin.config import Source
from fanin.config.expressions import ExpressionError, ExpressionTooLarge
from fanin.engine.call import Call, Fetch
from fanin.engine.footprint import memory_for
from fanin.engine.outcome import Outcome
from fanin.errors import ClientValueRefused, SourceError, SourceTooLarge, SourceUndecodable
from fanin.sources.reach import BlockingFetch, BlockingReach, Reach


def on_loop(_reach: Reach, _ends: AsyncExitStack) -> Callable[[Source], Fetch]:
    """Make the fetch of computed values on an event loop."""

    async def fetch(call: Call) -> Outcome[Any]:
        return _outcome(call)

    return lambda _: fetch


def in_threads(reach: BlockingReach, _ends: ExitStack) -> Callable[[Source], BlockingFetch]:
    """Make the fetch of computed values for threads."""

    def fetch(call: Call) -> Outcome[Any]:
        call.span.started = reach.clock()
        try:
            return _outcome(call)
        except SourceError as error:
            return Outcome.failed(error)
        finally:
            call.span.ended = reach.clock()

    return lambda _: fetch


def _outcome(call: Call) -> Outcome[Any]:
    """Compute the value; it shortens no answer's freshness, as what it is made of does.

    Raises:
        SourceTooLarge: it takes more steps or memory than expressions may.
        SourceUndecodable: it meets data that it cannot take.
        ClientValueRefused: either, of data that the client sent.
    """
    source = call.source
    assert source.computes
    try:
        value = source.computes.search(call.document, memory_for(source.max_bytes))
    except ExpressionError as error:
        detail = f"the compute of {source.name} {error}"
        if source.computes.of_client:
            raise ClientValueRefused(source.name, detail) from error
        kind = SourceTooLarge if isinstance(error, ExpressionTooLarge) else SourceUndecodable
        raise kind(source.name, detail, attempts=0) from error
    return Outcome(value, attempts=0, fresh_for=math.inf)
