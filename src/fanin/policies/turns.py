"""The turns of a source's attempts: in the line of this environment, and among all environments."""

from fanin.config.policies import RateLimit
from fanin.config.units import spelled
from fanin.engine.call import Call, Runtime
from fanin.errors import RateLimited
from fanin.policies.line import Line
from fanin.stores.errors import StoreUnavailable
from fanin.stores.limit import SharedLimit

_SHORTEST = 0.01
"""Seconds at least between two questions to the store: clocks differ a little."""


class Turns:
    """Waits for turns, and refuses calls whose turn would come too late.

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
