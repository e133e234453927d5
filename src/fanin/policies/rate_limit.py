"""rate_limit: attempts wait for their turn, so that a source is asked no more often than it allows."""

from collections import deque
from typing import Any

from fanin.config.policies import RateLimit
from fanin.config.units import spelled
from fanin.engine.call import Call, Fetch, Policy, Runtime
from fanin.engine.outcome import Outcome
from fanin.errors import RateLimited, SourceError
from fanin.stores.errors import StoreUnavailable
from fanin.stores.limit import MAX_HOLD, SharedLimit

_SHORTEST = 0.01
"""Seconds at least between two questions to the store: clocks differ a little."""


def rate_limit(settings: RateLimit, runtime: Runtime, shared: SharedLimit | None = None) -> Policy:
    """Have each attempt wait for its turn, or refuse it where that would be too late for its call.

    Where the source answers with Retry-After, all its calls wait for that long.

    Args:
        settings: how many attempts within which time.
        runtime: clock and randomness.
        shared: counts the attempts of all environments, if the source wants that; while it does not answer, the
            environment's own line is the only one.
    """
    turns = _Turns(settings, runtime, shared if settings.shared else None)

    def policy(fetch: Fetch) -> Fetch:
        async def with_rate_limit(call: Call) -> Outcome[Any]:
            await turns.own(call)
            await turns.of_all(call)
            try:
                return await fetch(call)
            except SourceError as error:
                if error.retry_after:
                    await turns.hold(call, min(error.retry_after, MAX_HOLD))
                raise

        return with_rate_limit

    return policy


class _Turns:
    """Waits for turns, here and among all environments, and refuses calls whose turn would come too late.

    Args:
        settings: how many attempts within which time.
        runtime: clock and randomness.
        shared: counts the attempts of all environments; None where each counts its own.
    """

    def __init__(self, settings: RateLimit, runtime: Runtime, shared: SharedLimit | None) -> None:
        self._settings = settings
        self._runtime = runtime
        self._shared = shared
        self._line = Line(settings.calls, settings.per)

    async def own(self, call: Call) -> None:
        """Wait for a turn in this environment's line; for another where everybody was held back meanwhile."""
        while True:
            now = self._runtime.clock()
            turn = self._line.take(now, call.deadline)
            if turn is None:
                raise self._too_late(call)
            if turn <= now:
                return
            await self._wait(call, turn - now)
            if not self._line.held(self._runtime.clock()):
                return

    async def of_all(self, call: Call) -> None:
        """Wait for a turn among all environments, as long as the store that counts them answers."""
        if self._shared is None:
            return
        calls, per = self._settings.calls, self._settings.per
        try:
            while (turn := await self._shared.take(_key(call), calls, per, now := self._runtime.now())) > now:
                seconds = max(_SHORTEST, turn - now)
                if self._runtime.clock() + seconds >= call.deadline:
                    raise self._too_late(call)
                await self._wait(call, seconds)
        except StoreUnavailable:
            self._note(call, "the store does not answer")

    async def hold(self, call: Call, seconds: float) -> None:
        """Hold every call of the source back, here and in all other environments."""
        self._line.hold(self._runtime.clock() + seconds)
        self._note(call, f"holds all calls back for {spelled(seconds)}")
        if self._shared is not None:
            try:
                await self._shared.hold(_key(call), self._runtime.now() + seconds)
            except StoreUnavailable:
                self._note(call, "the store does not answer")

    async def _wait(self, call: Call, seconds: float) -> None:
        self._note(call, f"waits {spelled(seconds)} for its turn")
        await self._runtime.sleep(seconds)

    def _too_late(self, call: Call) -> RateLimited:
        self._note(call, "its turn would come too late")
        name = call.source.name
        return RateLimited(name, f"{name} is not asked so often, and the turn of this call would have come too late")

    def _note(self, call: Call, did: str) -> None:
        call.span.note(self._runtime.clock(), "rate_limit", did)


def _key(call: Call) -> str:
    upstream = call.source.shares("rate_limit")
    return f"rate#upstream.{upstream}" if upstream else f"rate#{call.source.name}"


class Line:
    """The line in which the attempts of a source wait for their turn, in one environment of a function.

    It gives turns in the order in which they are asked for: at most so many within any length of time.

    A turn that is given is gone: whoever does not wait for it to the end leaves it unused.

    Args:
        calls: how many turns there are within `per` seconds, from whatever moment these are counted.
        per: the length of time, in seconds.
    """

    def __init__(self, calls: int, per: float) -> None:
        self._per = per
        self._turns: deque[float] = deque(maxlen=calls)
        self._held_until = 0.0

    def take(self, now: float, before: float) -> float | None:
        """Take the next turn.

        Args:
            now: the clock's seconds.
            before: when it would be too late for it, unless it is now.

        Returns:
            the moment of the turn, `now` or later; None where it would be too late, and is not taken.
        """
        full = len(self._turns) == self._turns.maxlen
        turn = max(now, self._held_until, self._turns[0] + self._per if full else now)
        if turn > now and turn >= before:
            return None
        self._turns.append(turn)
        return turn

    def hold(self, until: float) -> None:
        """Hold everybody back until a moment, those included who have been given an earlier turn."""
        self._held_until = max(self._held_until, until)

    def held(self, now: float) -> bool:
        """Tell whether everybody is held back."""
        return now < self._held_until
