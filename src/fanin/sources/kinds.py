"""The kinds of sources: for each, what reads it on an event loop and in threads.

config/kinds/ has what fanin.toml says of each. To add a kind: write its model there, add its line to the register of
that folder, and write its fetches, `on_loop` and `in_threads`, in a folder here that has the name of the kind's key.
A kind is imported for a file that has one.
"""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, ExitStack
from importlib import import_module

from fanin.config import Source
from fanin.engine.call import Fetch
from fanin.sources.reach import BlockingFetch, BlockingReach, Reach

type OnLoop = Callable[[Reach, AsyncExitStack], Callable[[Source], Fetch]]
"""Makes the fetch of each source of a kind on an event loop, over connections that they share; what has to be closed at
the end goes into the stack."""

type InThreads = Callable[[BlockingReach, ExitStack], Callable[[Source], BlockingFetch]]
"""Likewise for calls that block."""


def fetches_of(sources: Mapping[str, Source], reach: Reach, ends: AsyncExitStack) -> dict[str, Fetch]:
    """Make the fetch of each source on an event loop.

    Args:
        sources: the sources, by name.
        reach: what their connections are made with.
        ends: takes what has to be closed at the end.
    """
    fetched = _fetched(sources)
    made = {kind: _on_loop(kind)(reach, ends) for kind in dict.fromkeys(each.kind for each in fetched.values())}
    return {name: made[source.kind](source) for name, source in fetched.items()}


def blocking_fetch_of(sources: Mapping[str, Source], reach: BlockingReach, ends: ExitStack) -> BlockingFetch:
    """Make what makes a call of any of the sources, blocking; otherwise as `fetches_of`."""
    fetched = _fetched(sources)
    made = {kind: _in_threads(kind)(reach, ends) for kind in dict.fromkeys(each.kind for each in fetched.values())}
    fetches = {name: made[source.kind](source) for name, source in fetched.items()}
    return lambda call: fetches[call.source.name](call)


def _fetched(sources: Mapping[str, Source]) -> dict[str, Source]:
    """Leave out the sources in whose place others are asked."""
    return {name: source for name, source in sources.items() if not source.alternatives}


def _on_loop(kind: str) -> OnLoop:
    made: OnLoop = import_module(f"fanin.sources.{kind}").on_loop
    return made


def _in_threads(kind: str) -> InThreads:
    made: InThreads = import_module(f"fanin.sources.{kind}").in_threads
    return made
