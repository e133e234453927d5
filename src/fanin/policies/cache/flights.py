"""Single flight: of the calls of one environment that miss the same key, one asks, and the others wait for it."""

import asyncio
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


class Flights:
    """The calls that are being made, by their keys.

    Whoever asks does so in its own task, so that its work ends when its request does; one that waits then asks in its
    place.

    Args:
        clock: the clock of the calls' deadlines.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._flights: dict[str, tuple[float, asyncio.Future[_Result]]] = {}

    async def join(self, key: str, call: Call, ask: Callable[[], Awaitable[Landed]]) -> Landed:
        """Ask, or wait for what another call comes to.

        Raises:
            SourceError: asking came to nothing; or waiting took all of the call's time.
        """
        while (flight := self._flights.get(key)) is not None:
            match await self._wait(call, flight[1]):
                case Landed(entry=None):
                    return await ask()
                case Landed() as landed:
                    return landed
                case SourceTimeout() | RateLimited() if call.deadline > flight[0] + _LONGER:
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
        flight = asyncio.get_running_loop().create_future()
        self._flights[key] = (call.deadline, flight)
        try:
            landed = await ask()
            result = landed
            return landed
        except SourceError as error:
            result = error
            raise
        finally:
            del self._flights[key]
            flight.set_result(result)
