"""invalidates: after a write, what other sources answered about the same things is kept no more."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from fanin.config import Source
from fanin.engine.call import Call, Fetch, Policy
from fanin.engine.outcome import Outcome, Span
from fanin.errors import NotFound, SourceError, SourceRejected
from fanin.policies.cache.keeping import nothing_kept
from fanin.policies.cache.key import key_of
from fanin.policies.cache.policy import Caching
from fanin.stores.entry import Entry
from fanin.stores.errors import StoreUnavailable
from fanin.stores.store import SharedStore

PATIENCE = 0.5
"""Seconds that the store of all environments may take for one answer."""


def invalidates(sources: Iterable[Source], caching: Caching) -> Policy:
    """Forget the answers of sources to the references that a write has, once it may have done something.

    A write that was not begun, or that its source refused, has changed nothing (RFC 9111, section 4.4). What other
    environments keep in their memory they hold against the store: `policies/cache/policy.py`.

    Args:
        sources: whose answers.
        caching: where they are kept.
    """

    def policy(fetch: Fetch) -> Fetch:
        async def with_invalidates(call: Call) -> Outcome[Any]:
            try:
                outcome = await fetch(call)
            except SourceError as error:
                if error.attempts and not isinstance(error, NotFound | SourceRejected):
                    await forget(call)
                raise
            except asyncio.CancelledError:  # its source may do it all the same
                if call.span.attempts:
                    await forget(call)
                raise
            await forget(call)
            return outcome

        return with_invalidates

    async def forget(call: Call) -> None:
        """Forget here at once, and in the store of all, be the call cancelled meanwhile or not."""
        keys: list[str] = []
        gone = nothing_kept(caching.runtime.now())
        for source in sources:
            with suppress(SourceError, KeyError):  # there can be no answer to a request that cannot be made
                forwarded = tuple((name, value) for name, value in call.forwarded if name in source.forward)
                request = source.request(call.values, forwarded)
                read = Call(source, request, call.deadline, Span(ready=0.0), forwarded, call.values)
                keys.append(key_of(read))
                caching.memory.put(keys[-1], gone)
                call.span.note(caching.runtime.clock(), "invalidates", f"forgot an answer of {source.name}")
        if caching.shared is not None:
            await _forget_in(caching.shared, keys, gone, caching.alongside)

    return policy


async def _forget_in(shared: SharedStore, keys: Iterable[str], gone: Entry, alongside: set[asyncio.Task[None]]) -> None:
    """Forget answers in the store of all environments; one that is cancelled does so before it ends."""
    putting = asyncio.create_task(_put_all(keys, gone, shared))
    alongside.add(putting)
    putting.add_done_callback(alongside.discard)
    try:
        await asyncio.shield(putting)
    except asyncio.CancelledError:
        await asyncio.wait({putting})
        raise


async def _put_all(keys: Iterable[str], gone: Entry, shared: SharedStore) -> None:
    async with asyncio.TaskGroup() as tasks:
        for key in keys:
            tasks.create_task(_put(key, gone, shared))


async def _put(key: str, gone: Entry, shared: SharedStore) -> None:
    with suppress(StoreUnavailable, TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await shared.put(key, gone, within=PATIENCE)
