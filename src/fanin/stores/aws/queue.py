"""A queue in SQS."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from fanin.stores.aws.calls import Calls
from fanin.stores.bounds import MAX_DELAY, MAX_MESSAGE
from fanin.stores.errors import StoreTooLarge
from fanin.stores.queue import NO_ATTRIBUTES, printable, size_of

if TYPE_CHECKING:
    from fanin.config.values import Json


class AwsQueue:
    """A `Queue` of SQS's.

    Args:
        calls: SQS.
        url: the queue's.
    """

    def __init__(self, calls: Calls, url: str) -> None:
        self._calls = calls
        self._url = url

    async def send(self, body: str, *, delay: float = 0.0, attributes: Mapping[str, str] = NO_ATTRIBUTES) -> None:
        """Send a message."""
        said = {name: printable(value) for name, value in attributes.items()}
        if (size := size_of(body, said)) > MAX_MESSAGE:
            raise StoreTooLarge(f"a message has {size} bytes, over {MAX_MESSAGE}")
        payload: dict[str, Json] = {"QueueUrl": self._url, "MessageBody": body}
        if seconds := math.ceil(min(MAX_DELAY, max(0.0, delay))):  # not sooner
            payload["DelaySeconds"] = seconds
        if said:
            payload["MessageAttributes"] = {
                name: {"DataType": "String", "StringValue": value} for name, value in said.items()
            }
        await self._calls.call("SendMessage", payload, lambda answer: str(answer["MessageId"]))
