"""What is done with a message that API Gateway does not take."""

import asyncio
from random import Random
from typing import TYPE_CHECKING, Any, cast

import pytest

from fanin.aws.errors import AwsError, AwsThrottled, AwsUnavailable
from fanin.engine.call import Response, Runtime
from fanin.entrypoints.websocket.rounds import Gone
from fanin.entrypoints.websocket.sender import THROTTLED, Sender

if TYPE_CHECKING:
    from fanin.aws.client import Aws


class Gateway:
    """API Gateway, with a fault for each of the first requests; it writes down what it takes, and each wait."""

    def __init__(self, *faults: Exception) -> None:
        self._faults = [*faults]
        self.done: list[Any] = []

    async def request(self, service: str, method: str, path: str, **said: Any) -> Response:
        assert (service, method, path, said["endpoint"]) == (
            "execute-api",
            "POST",
            "/@connections/c=",
            "https://a/live",
        )
        if self._faults:
            raise self._faults.pop(0)
        self.done.append(said["body"])
        return Response(200, {}, b"")

    async def sleep(self, seconds: float) -> None:
        self.done.append(seconds)

    def send(self) -> None:
        sender = Sender(cast("Aws", self), "https://a/live", Runtime(sleep=self.sleep, randomness=Random(1)))
        asyncio.run(sender.send("c=", "hello"))


def test_a_second_attempt_waits_where_api_gateway_is_asked_too_often() -> None:
    gateway = Gateway(AwsThrottled("429"))
    gateway.send()
    wait, body = gateway.done
    assert 0 < wait <= THROTTLED
    assert body == b"hello"


def test_a_second_attempt_is_made_at_once_where_there_was_no_answer() -> None:
    gateway = Gateway(AwsUnavailable("no answer"))
    gateway.send()
    assert gateway.done == [b"hello"]


def test_nothing_waits_behind_the_last_attempt() -> None:
    gateway = Gateway(*[AwsThrottled("429")] * 2)
    gateway.send()
    (wait,) = gateway.done
    assert 0 < wait <= THROTTLED


def test_a_connection_that_is_gone_is_said_at_once() -> None:
    gateway = Gateway(AwsError("GoneException", 410, ""))
    with pytest.raises(Gone):
        gateway.send()
    assert gateway.done == []
