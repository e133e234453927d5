"""cache: what a source answered before, while it holds; and one call for all that want to know."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from functools import partial
from math import inf
from typing import Any

from fanin.config import Source
from fanin.config.format import GATEWAY_LIMIT
from fanin.config.record import record
from fanin.config.values import Json
from fanin.engine.call import Call, Fetch, InPart, NoContent, NotModified, Policy, Request, Runtime
from fanin.engine.outcome import Outcome, ResponseHead, Span
from fanin.errors import NotFound, SourceError
from fanin.policies.cache.flights import Flights, Landed
from fanin.policies.cache.freshness import lifetime_of_all, warm_until
from fanin.policies.cache.keeping import JITTER, answered, entry_of, is_gone, nothing_kept, rescues, revalidated
from fanin.policies.cache.key import key_of, personal
from fanin.policies.cache.lease import agree, patience
from fanin.stores.entry import Entry
from fanin.stores.errors import StoreUnavailable
from fanin.stores.lru import Memory
from fanin.stores.store import SharedStore

LOOK_AGAIN = 2.0
"""Seconds between two looks for an answer newer than a stale one, or for a write, which makes one invalid."""
REFRESH_AGAIN = 10.0
"""Seconds between two refreshes of the same answer, in all environments."""

type HandOver = Callable[[Call, str], Awaitable[bool]]
"""Has the answer of a call, under a key, refreshed elsewhere; False where that could not be handed over."""


@record
class Caching:
    """What the caches of all sources have in common, in one environment of a function.

    Args:
        runtime: clock and randomness.
        missing: whether an answer means that the source has no such thing.
        memory: where answers are kept first.
        shared: where all environments keep them; None without such a store.
        hand_over: has stale answers refreshed elsewhere; None where they are refreshed alongside the request.
        keep_warm: writes down what is asked of a source with `refresh`; None where nothing is refreshed on time.
    """

    runtime: Runtime
    missing: Callable[[Source, Json | NoContent], bool]
    memory: Memory = field(default_factory=Memory)
    shared: SharedStore | None = None
    hand_over: HandOver | None = None
    keep_warm: Callable[[Source], Policy] | None = None
    flights: Flights = field(init=False)
    """The calls that are being made."""
    alongside: set[asyncio.Task[None]] = field(default_factory=set, init=False)
    """What runs alongside requests: refreshes, and what forgets. On Lambda it ends with the invocation."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "flights", Flights(self.runtime.clock))


def cache(caching: Caching, *, invalidated: bool = False) -> Policy:
    """Answer with what was kept while it is fresh; while it is stale too, and have it refreshed.

    Calls that miss wait for one that asks, in this environment and in all others. A store that does not answer is as
    if it were not there.

    Args:
        caching: where answers are kept.
        invalidated: whether writes make answers of the source invalid, in whatever environment: what this one has in
            memory then holds only while the store of all has it too.
    """

    def policy(fetch: Fetch) -> Fetch:
        kept = _Cache(caching, fetch, invalidated=invalidated)

        async def with_cache(call: Call) -> Outcome[Any]:
            return await kept.read(call)

        return with_cache

    return policy


def renewal(caching: Caching) -> Policy:
    """Ask the source unless its answer is fresh, in place of `cache`: for whoever does the refreshing."""

    def policy(fetch: Fetch) -> Fetch:
        kept = _Cache(caching, fetch)

        async def with_renewal(call: Call) -> Outcome[Any]:
            return await kept.renew(call)

        return with_renewal

    return policy


class _Cache:
    def __init__(self, caching: Caching, fetch: Fetch, *, invalidated: bool = False) -> None:
        self._parts = caching
        self._fetch = fetch
        self._invalidated = invalidated
        self._constant: tuple[Request, str] | None = None
        """The request of a source that asks the same every time, and its key."""

    def _key_of(self, call: Call) -> str:
        if self._constant and self._constant[0] is call.request:
            return self._constant[1]
        key = key_of(call)
        if call.request is call.source.constant:
            self._constant = call.request, key
        return key

    async def read(self, call: Call) -> Outcome[Any]:
        runtime, key = self._parts.runtime, self._key_of(call)
        now, began = runtime.now(), runtime.clock()
        entry = self._parts.memory.get(key, now)
        if self._invalidated and entry is not None and now < entry.fresh_until:
            if self._parts.memory.claim(key, now, LOOK_AGAIN):
                entry = await self._newer(key, entry)
            now = runtime.now()
        if entry is not None and now < entry.fresh_until:
            call.span.note(began, "cache", "was fresh")
            return answered(call.source, entry, now)
        allowed = call.time_allowed(began)
        bounded = call.until(began + allowed)
        try:
            if entry is not None and now < entry.stale_until:
                return await self._stale(bounded, key, entry)
            if allowed <= 0:
                raise call.timed_out(allowed)
            if entry is not None and entry.passing:
                return (await self._ask(bounded, key, entry)).outcome
            return await self._missed(bounded, key, entry)
        except SourceError as error:
            now = runtime.now()
            entry = self._parts.memory.get(key, now)
            if entry is None or not rescues(entry, error, now):
                raise
            call.span.note(runtime.clock(), "cache", f"stood in for {error.problem}")
            return answered(call.source, entry, now)

    async def renew(self, call: Call) -> Outcome[Any]:
        parts, key = self._parts, key_of(call)
        entry: Entry | None = None
        if parts.shared is not None:
            with suppress(StoreUnavailable):
                entry = (await parts.shared.get(key, consistent=True)).entry
        now = parts.runtime.now()
        entry = entry if entry is not None and entry.known(now) else None
        if entry is not None and now < warm_until(call.source, entry):
            return answered(call.source, entry, now)
        return (await self._ask(call, key, entry)).outcome

    async def _stale(self, call: Call, key: str, entry: Entry) -> Outcome[Any]:
        """Answer at once, unless another environment has something newer; and see to the refresh."""
        runtime = self._parts.runtime
        if self._parts.memory.claim(key, runtime.now(), LOOK_AGAIN):
            if (newer := await self._newer(key, entry)) is None:
                return await self._missed(call, key, None)
            entry = newer
            if runtime.now() >= entry.fresh_until:
                await self._refresh(call, key, entry)
        now = runtime.now()
        call.span.note(runtime.clock(), "cache", "was stale" if now >= entry.fresh_until else "was fresh in the store")
        return answered(call.source, entry, now)

    async def _newer(self, key: str, entry: Entry) -> Entry | None:
        """Give what another environment has put in an answer's place, or the answer; None if a write made it invalid.

        That is so if the store has something newer that is no answer. It keeps this for a while; afterwards it is so if
        the store has nothing, since an answer that holds stands there as long as it does here.
        """
        parts = self._parts
        if parts.shared is None:
            return entry
        with suppress(StoreUnavailable):
            found = (await parts.shared.get(key, consistent=self._invalidated)).entry
            if self._invalidated and is_gone(found, entry, parts.runtime.now()):
                parts.memory.remove(key)
                return None
            if found is not None and found.received > entry.received:
                if not found.passing and found.known(parts.runtime.now()):
                    parts.memory.put(key, found)
                    return found
                parts.memory.remove(key)
        return entry

    async def _refresh(self, call: Call, key: str, entry: Entry) -> None:
        """Have an answer refreshed elsewhere, once for all environments; alongside where nobody takes that over."""
        parts = self._parts  # no header is handed over, so that nobody else can ask with a client's
        if parts.shared is not None and parts.hand_over is not None and not call.forwarded:
            with suppress(StoreUnavailable):
                if not await parts.shared.lease(key, REFRESH_AGAIN):
                    return
                if await parts.hand_over(call, key):
                    call.span.note(parts.runtime.clock(), "cache", "handed its refresh over")
                    return
        task = asyncio.create_task(self._refresh_alongside(call, key, entry))
        call.span.note(parts.runtime.clock(), "cache", "is refreshed alongside")
        parts.alongside.add(task)
        task.add_done_callback(parts.alongside.discard)

    async def _refresh_alongside(self, call: Call, key: str, entry: Entry) -> None:
        """Ask as the call would have, in the time that it would have had; what goes wrong is the next call's to see."""
        began = self._parts.runtime.clock()
        own = replace(call, deadline=began + GATEWAY_LIMIT, span=Span(ready=began))
        bounded = replace(own, deadline=began + own.time_allowed(began))
        with suppress(SourceError):
            await self._parts.flights.join(key, bounded, partial(self._ask, bounded, key, entry))

    async def _missed(self, call: Call, key: str, entry: Entry | None) -> Outcome[Any]:
        """Ask together with all others."""
        runtime = self._parts.runtime
        mine: list[Landed] = []

        async def ask() -> Landed:
            mine.append(await self._agreed(call, key, entry))
            return mine[0]

        within = LOOK_AGAIN if self._invalidated else inf  # a write may have come since
        landed = await self._parts.flights.join(key, call, ask, within=within)
        if mine or landed.entry is None:
            return landed.outcome
        call.span.note(runtime.clock(), "cache", "waited for another call")
        return answered(call.source, landed.entry, runtime.now())

    async def _agreed(self, call: Call, key: str, entry: Entry | None) -> Landed:
        """Take what another environment has, or ask, with the lease where there is one to have."""
        parts = self._parts
        if parts.shared is None:
            return await self._ask(call, key, entry)
        found, leased = await agree(call, key, parts.shared, parts.runtime)
        if found is not None:
            parts.memory.put(key, entry := found)
            now = parts.runtime.now()
            if now < max(entry.fresh_until, entry.stale_until):
                if now >= entry.fresh_until and parts.memory.claim(key, now, LOOK_AGAIN):
                    await self._refresh(call, key, entry)
                call.span.note(parts.runtime.clock(), "cache", "was in the store")
                return Landed(answered(call.source, entry, now), entry)
        return await self._ask(call, key, entry, leased=leased)

    async def _ask(self, call: Call, key: str, entry: Entry | None, *, leased: bool = False) -> Landed:
        """Ask the source, whether what was kept still holds or for a new answer, and keep what it gives."""
        runtime, asked = self._parts.runtime, self._parts.runtime.now()
        try:
            outcome = await self._fetch(_conditional(call, entry))
            leased = False
        except NotFound as error:
            leased = False
            await self._keep(call, key, self._made(call, None, error.headers, asked, ((error.headers, 200),)), entry)
            raise
        finally:
            if leased:
                await self._release(key)
        value, headers = outcome.value, outcome.headers
        if isinstance(value, NotModified):
            assert entry is not None
            value, headers = revalidated(entry, headers)
            outcome = replace(outcome, size=len(entry.value or b""))
            call.span.note(runtime.clock(), "cache", "still holds")
        made = self._made(call, value, headers, asked, outcome.answers or ((headers, outcome.status),))
        await self._keep(call, key, made, entry)
        now = runtime.now()
        age, fresh_for = (max(0.0, now - made.received), max(0.0, made.fresh_until - now)) if made else (0.0, None)
        outcome = replace(outcome, value=value, headers={}, age=age, fresh_for=fresh_for)
        return Landed(outcome, made if made and not made.passing else None)

    def _made(
        self,
        call: Call,
        value: Json | NoContent,
        headers: Mapping[str, str],
        asked: float,
        answers: Sequence[ResponseHead],
    ) -> Entry | None:
        """Make what may be kept of an answer, which is None where the source had no such thing."""
        parts, source = self._parts, call.source
        assert source.cache is not None
        if isinstance(value, InPart):
            return None
        missing = value is None or parts.missing(source, value)
        life = lifetime_of_all(source.cache, answers, personal=personal(call), missing=missing)
        if life is None:
            return None
        made = entry_of(value, headers, life, asked=asked, shortened=JITTER * parts.runtime.randomness.random())
        return made if made.known(parts.runtime.now()) else None

    async def _keep(self, call: Call, key: str, made: Entry | None, before: Entry | None) -> None:
        """Put an answer, or that there is none to keep, in the place of what was kept; this ends the lease, too."""
        parts = self._parts
        if made is None and before is not None and before.value is None and before.passing:
            return
        kept = made or nothing_kept(parts.runtime.now())
        current = parts.memory.get(key, parts.runtime.now())
        if current is not None and current.outlives(kept, parts.runtime.now()):
            return  # a write made it invalid while the source was asked, or a later call was answered first
        parts.memory.put(key, kept)
        if parts.shared is not None:
            with suppress(StoreUnavailable, TimeoutError):
                now = parts.runtime.clock()
                async with asyncio.timeout(max(0.0, call.deadline - now)):
                    await parts.shared.put(key, kept, within=patience(call, now, parts.shared))

    async def _release(self, key: str) -> None:
        assert self._parts.shared is not None
        with suppress(StoreUnavailable):
            await self._parts.shared.release(key)


def _conditional(call: Call, entry: Entry | None) -> Call:
    """Let a call ask whether what was kept still holds, where there is something to ask that by."""
    if entry is None or entry.value is None or not entry.validators or call.request.method != "GET":
        return call
    return replace(call, request=replace(call.request, validators=entry.validators))
