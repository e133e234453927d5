"""Single flight: of the calls of one environment that miss the same key, one asks, and the others wait for it."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

from fanin.config.record import record
from fanin.engine.call import Call
from fanin.engine.outcome import Clock, Outcome
from fanin.errors import RateLimited, SourceError, SourceTimeout
from fanin.stores.entry import Entry

_LONGER = 0.05
"""Seconds more than whoever asked had, with which another attempt after too short a time is worth its while."""


@record
class Landed:
    """What the call that asked came to.

    Args:
        outcome: for the call itself.
        entry: for those that wait; None where the answer may be given to nobody else.
    """

    outcome: Outcome[Any]
    entry: Entry | None


type _Result = Landed | SourceError | None
"""None where whoever asked was cancelled."""


@record
class _Flight:
    """A call that is being made.

    Args:
        began: when it began to ask.
        deadline: when it has to be over.
        result: what it comes to.
    """

    began: float
    deadline: float
    result: "asyncio.Future[_Result]"


class Flights:
    """The calls that are being made, by their keys.

    Whoever asks does so in its own task, so that its work ends when its request does; one that waits then asks in its
    place.

    Args:
        clock: the clock of the calls' deadlines.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._flights: dict[str, _Flight] = {}

    async def join(
        self, key: str, call: Call, ask: Callable[[], Awaitable[Landed]], *, within: float = math.inf
    ) -> Landed:
        """Ask, or wait for what another call comes to.

        Args:
            key: what is asked.
            call: the call.
            ask: asks.
            within: seconds since when another call may have been asking; an older one is not waited for.

        Raises:
            SourceError: asking came to nothing; or waiting took all of the call's time.
        """
        since = self._clock() - within
        while (flight := self._flights.get(key)) is not None and flight.began >= since:
            match await self._wait(call, flight.result):
                case Landed(entry=None):
                    return await ask()
                case Landed() as landed:
                    return landed
                case SourceTimeout() | RateLimited() if call.deadline > flight.deadline + _LONGER:
                    continue  # it had less time
                case SourceError() as error:
                    raise error.again()
        return await self._ask(key, call, ask)

    async def _wait(self, call: Call, flight: "asyncio.Future[_Result]") -> _Result:
        allowed = max(0.0, call.deadline - self._clock())
        try:
            async with asyncio.timeout(allowed):
                return await asyncio.shield(flight)
        except TimeoutError as error:
            raise call.timed_out(allowed) from error

    async def _ask(self, key: str, call: Call, ask: Callable[[], Awaitable[Landed]]) -> Landed:
        result: _Result = None
        flight = _Flight(self._clock(), call.deadline, asyncio.get_running_loop().create_future())
        self._flights[key] = flight
        try:
            landed = await ask()
            result = landed
            return landed
        except SourceError as error:
            result = error
            raise
        finally:
            if self._flights.get(key) is flight:  # and no later one, which did not wait for it
                del self._flights[key]
            flight.result.set_result(result)
