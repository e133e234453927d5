"""Turns that come later: messages of a queue, each seen once its time has come."""

from dataclasses import asdict

import orjson

from fanin.aws.client import Aws
from fanin.entrypoints.websocket.connections import Turn
from fanin.entrypoints.websocket.limits import AWS_TIMEOUT


class Queue:
    """The queue of turns.

    Args:
        aws: reaches SQS.
        url: the queue's.
    """

    def __init__(self, aws: Aws, url: str) -> None:
        self._aws = aws
        self._url = url

    async def send(self, turn: Turn, delay: float) -> None:
        """Let a turn come.

        Args:
            turn: which.
            delay: seconds until it does, at most 900.
        """
        body = orjson.dumps(asdict(turn)).decode()
        await self._aws.call(
            "sqs",
            "SendMessage",
            {"QueueUrl": self._url, "MessageBody": body, "DelaySeconds": round(delay)},
            timeout=AWS_TIMEOUT,
        )


def turn_of(body: str) -> Turn:
    """Read a turn from a message of the queue.

    Raises:
        ValueError: it is none.
    """
    try:
        return Turn(**orjson.loads(body))
    except TypeError as error:
        raise ValueError("not a turn") from error
