"""The kinds of sources: for each, what reads it on an event loop and in threads.

config/kinds/ has what fanin.toml says of each. To add a kind: write its model there, its fetches in a folder here, and
its line in both registers.
"""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, ExitStack
from types import MappingProxyType

from fanin.config import Source
from fanin.config.record import record
from fanin.engine.call import Fetch
from fanin.sources.compute import blocking_compute, loop_compute
from fanin.sources.http.kind import blocking_http, loop_http
from fanin.sources.reach import BlockingFetch, BlockingReach, Reach
from fanin.sources.sql import blocking_sql, loop_sql
from fanin.sources.value import blocking_value, loop_value


@record
class Kind:
    """What reads sources of one kind.

    Args:
        on_loop: makes the fetch of each of its sources on an event loop, over connections that they share; what has to
            be closed at the end goes into the stack.
        in_threads: likewise for calls that block.
    """

    on_loop: Callable[[Reach, AsyncExitStack], Callable[[Source], Fetch]]
    in_threads: Callable[[BlockingReach, ExitStack], Callable[[Source], BlockingFetch]]


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "url": Kind(loop_http, blocking_http),
        "value": Kind(loop_value, blocking_value),
        "compute": Kind(loop_compute, blocking_compute),
        "sql": Kind(loop_sql, blocking_sql),
    }
)
"""Every kind, by the key that says it: a model is imported for a file that has one."""


def fetches_of(sources: Mapping[str, Source], reach: Reach, ends: AsyncExitStack) -> dict[str, Fetch]:
    """Make the fetch of each source on an event loop.

    Args:
        sources: the sources, by name.
        reach: what their connections are made with.
        ends: takes what has to be closed at the end.
    """
    fetched = _fetched(sources)
    made = {kind: KINDS[kind].on_loop(reach, ends) for kind in dict.fromkeys(each.kind for each in fetched.values())}
    return {name: made[source.kind](source) for name, source in fetched.items()}


def blocking_fetch_of(sources: Mapping[str, Source], reach: BlockingReach, ends: ExitStack) -> BlockingFetch:
    """Make what makes a call of any of the sources, blocking; otherwise as `fetches_of`."""
    fetched = _fetched(sources)
    made = {kind: KINDS[kind].in_threads(reach, ends) for kind in dict.fromkeys(each.kind for each in fetched.values())}
    fetches = {name: made[source.kind](source) for name, source in fetched.items()}
    return lambda call: fetches[call.source.name](call)


def _fetched(sources: Mapping[str, Source]) -> dict[str, Source]:
    """Leave out the sources in whose place others are asked."""
    return {name: source for name, source in sources.items() if not source.alternatives}
