"""Turns that come later: messages of a queue, each seen once its time has come."""

from dataclasses import asdict, replace

import orjson

from fanin.entrypoints.websocket.connections import Turn
from fanin.stores.queue import Queue


class Turns:
    """The turns to come.

    Args:
        queue: where they wait.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    async def send(self, turn: Turn, delay: float) -> None:
        """Let a turn come.

        Args:
            turn: which.
            delay: seconds until it does, at most 900.
        """
        await self._queue.send(orjson.dumps(asdict(turn)).decode(), delay=delay)


def turn_of(body: str) -> Turn:
    """Read a turn from a message of the queue.

    Raises:
        ValueError: it is none.
    """
    try:
        turn = Turn(**orjson.loads(body))
        return replace(turn, held=tuple(turn.held))
    except TypeError as error:
        raise ValueError("not a turn") from error
