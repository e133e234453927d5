"""What a request leaves behind is freed with its last reference, and waits for no collection."""

import asyncio
import gc
import time
import weakref
from collections.abc import Iterator
from unittest.mock import Mock

import pytest

from fanin.engine.aggregation import Aggregation
from fanin.engine.call import Call
from fanin.engine.document import Asked
from fanin.engine.execution import concurrent
from fanin.engine.outcome import Outcome
from fanin.engine.plan import Plan
from fanin.sources.http.loop.connection import ArrivingAnswer, Connection
from tests.unit.scenario import config_of

TWO = """
[sources.first]
url = "https://a.example/"
[sources.second]
url = "https://b.example/{first.id}"
[endpoints.e]
path = "/e"
sources = ["second"]
"""


@pytest.fixture(autouse=True)
def _no_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_a_request_whose_calls_ran_at_once_is_gone_when_it_is_answered() -> None:
    config = config_of(TWO)
    plan = Plan.of(config.endpoints["e"], config.sources)

    async def fetch(_: Call) -> Outcome[dict[str, int]]:
        return Outcome({"id": 1})

    async def answered() -> weakref.ref[Aggregation]:
        aggregation = Aggregation(plan, Asked({}), time.monotonic() + 60, time.monotonic)
        await concurrent.run(aggregation, dict.fromkeys(config.sources, fetch))
        return weakref.ref(aggregation)

    assert asyncio.run(answered())() is None


def test_an_answer_of_a_kept_connection_is_gone_when_it_is_read() -> None:
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    async def read() -> weakref.ref[ArrivingAnswer]:
        buffer = bytearray(1024)
        connection = Connection(memoryview(buffer), lambda _: None, lambda _: None)
        connection.connection_made(Mock(spec=asyncio.Transport))
        answer = connection.send(b"GET / HTTP/1.1\r\n\r\n", "GET")
        buffer[: len(reply)] = reply
        connection.buffer_updated(len(reply))
        assert (await answer.head).status == 200
        return weakref.ref(answer)

    assert asyncio.run(read())() is None
