"""How the next event is waited for while the event loop has nothing to do: without a turn of it."""

import asyncio
import select

from fanin.engine.outcome import Clock
from fanin.entrypoints.aws_lambda.loop import FunctionLoop
from fanin.entrypoints.runtime.wire import Wire

_LONGEST = 1.0
"""Seconds after which the loop gets a turn in any case: it then calls what is due, and drops what is not needed."""


class BlockingWait:
    """Waits in the place of the loop, which costs a third of a short invocation.

    It leaves waiting to the loop if that has turned during the invocation: then a callback may be left in it. What the
    loop watches ends the wait, be it a signal, a thread, or a connection that an API has closed.

    Args:
        loop: the function's.
        clock: gives seconds.
    """

    def __init__(self, loop: FunctionLoop, clock: Clock) -> None:
        self._loop = loop
        self._clock = clock
        self._poll = select.poll()
        self._poll.register(loop.watches.fileno(), select.POLLIN)
        self._number = -1
        self._turned = True
        self._still_since = 0.0

    async def until_readable(self, wire: Wire, expected: int) -> None:
        """Wait until a connection has something to read, or the loop has something to do, whichever is first.

        Args:
            wire: the connection.
            expected: bytes that come before what is waited for. They wake nobody by themselves.
        """
        if not self._turned and self._clock() - self._still_since >= _LONGEST:
            await asyncio.sleep(0)
        if self._turned:
            return
        if (number := wire.socket.fileno()) != self._number:
            if self._number >= 0:
                self._poll.unregister(self._number)
            self._poll.register(number, select.POLLIN)
            self._number = number
        wire.awaken_at(expected + 1)
        self._poll.poll(_LONGEST * 1000)

    def begin(self) -> None:
        """Hear that an invocation begins: the loop tells by a callback that is left in it whether it turns."""
        if self._turned:
            self._turned, self._still_since = False, self._clock()
            self._loop.call_soon(self._note)

    def _note(self) -> None:
        self._turned = True
