"""The fetches of the kind `url`: one kind of connections for private sources, and one for all others."""

from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack, closing

from fanin.config import Source
from fanin.engine.call import Fetch
from fanin.sources.decoders import decoder_of
from fanin.sources.reach import BlockingFetch, BlockingReach, Reach

# ruff: noqa: PLC0415 - the bundle of one function lacks the libraries of the other


def on_loop(reach: Reach, ends: AsyncExitStack) -> Callable[[Source], Fetch]:
    """Make the fetch of HTTP APIs on an event loop."""
    from fanin.sources.http.loop.client import Transport, http_fetch

    fetches = {}
    for private, resolver in reach.resolvers.items():
        transport = Transport(resolve=resolver.resolve_async, ssl_context=reach.tls(), clock=reach.clock)
        ends.push_async_callback(transport.aclose)
        fetches[private] = http_fetch(transport, reach.clock)
    return lambda source: _prepared(source, fetches[source.private])


def in_threads(reach: BlockingReach, ends: ExitStack) -> Callable[[Source], BlockingFetch]:
    """Make the fetch of HTTP APIs with requests."""
    from fanin.sources.http.blocking_fetch import BlockingHttp

    clients = {
        private: ends.enter_context(closing(BlockingHttp(resolver, reach.tls(), reach.clock, reach.authenticate)))
        for private, resolver in reach.resolvers.items()
    }
    return lambda source: _prepared(source, clients[source.private].fetch)


def _prepared[Made](source: Source, fetch: Made) -> Made:
    """Import the decoder of a source's answers, before the first call that its fetch makes."""
    decoder_of(source.format)
    return fetch
