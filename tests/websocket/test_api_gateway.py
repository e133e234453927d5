"""The function behind an API Gateway that enforces its limits, spoken by somebody else's client."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from math import inf
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from fanin.engine.call import Call, Response
from fanin.engine.outcome import Outcome
from fanin.entrypoints.websocket.limits import MAX_MESSAGE_OUT
from tests.unit.scenario import config_of
from tests.websocket.api_gateway import MAX_FRAME, MAX_MESSAGE, ApiGateway, api_gateway
from tests.websocket.crowd import served_first
from tests.websocket.hearing import hear, is_cut_off
from tests.websocket.lambda_function import LambdaFunction, Resources
from tests.websocket.memory import MemoryFunction, Table
from tests.websocket.scenes import SUBSCRIBE, TRIP
from tests.websocket.test_session import problem

_WITHIN = 20.0


class Upstream:
    """Sources that answer at once, after a while, or with as much as they are told to.

    Attributes:
        delays: seconds until each answers; without end, until `held` is set.
    """

    def __init__(self) -> None:
        self.delays: dict[str, float] = {}
        self.large: dict[str, int] = {}
        self.held = threading.Event()
        self.cancelled: set[str] = set()

    async def fetch(self, call: Call) -> Outcome[Any]:
        name = call.source.name
        try:
            if self.delays.get(name) == inf:
                while not self.held.is_set():  # noqa: ASYNC110 - by another thread
                    await asyncio.sleep(0.005)
            else:
                await asyncio.sleep(self.delays.get(name, 0))
        except asyncio.CancelledError:
            self.cancelled.add(name)
            raise
        value = {"lat": 1, "cc": "PT", "pad": "x" * self.large.get(name, 0)}
        return Outcome(Response(200, {"content-type": "application/json"}, json.dumps(value).encode()))


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def gateway() -> Iterator[ApiGateway]:
    with api_gateway() as running:
        yield running


@pytest.fixture(autouse=True)
def resources(environment: dict[str, str], gateway: ApiGateway, upstream: Upstream) -> Resources:
    """Put the function behind the gateway."""
    config = config_of(TRIP)
    resources = Resources(environment, gateway.post)
    gateway.make = lambda: LambdaFunction(resources, config, dict.fromkeys(config.sources, upstream.fetch))
    return resources


@pytest.fixture
def client(gateway: ApiGateway) -> Iterator[ClientConnection]:
    with connect(gateway.url, open_timeout=_WITHIN) as connection:
        yield connection


def ask(client: ClientConnection, **changes: Any) -> None:
    client.send(json.dumps({**SUBSCRIBE, **changes}))


def test_each_source_arrives_while_the_slowest_is_out(client: ClientConnection, upstream: Upstream) -> None:
    upstream.delays = {"weather": inf}
    ask(client)
    assert [hear(client)["source"] for _ in range(2)] == ["geo", "rates"]
    upstream.held.set()
    assert [hear(client).get("source") for _ in range(2)] == ["weather", None]


def test_a_large_value_is_sent_in_frames_and_a_larger_one_is_a_problem(
    client: ClientConnection, gateway: ApiGateway, upstream: Upstream
) -> None:
    upstream.large = {"rates": MAX_MESSAGE_OUT - 1000, "weather": MAX_MESSAGE_OUT}
    ask(client)
    heard = {m.get("source"): m for m in (hear(client) for _ in range(4))}
    assert len(heard["rates"]["value"]["pad"]) > MAX_FRAME
    assert problem(heard["weather"]) == "value-too-large"
    assert gateway.refused == []


def test_a_client_that_goes_without_a_word_ends_the_calls_made_for_it(
    client: ClientConnection, gateway: ApiGateway, upstream: Upstream
) -> None:
    upstream.delays = {"rates": 0.3, "weather": 20}
    ask(client)
    hear(client)
    gateway.drop(gateway.connections[0])
    deadline = time.monotonic() + _WITHIN
    while "weather" not in upstream.cancelled:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert gateway.refused == [410]


@pytest.mark.parametrize(("size", "frames"), [(MAX_FRAME + 1, 1), (MAX_MESSAGE + 1, 8)])
def test_what_is_over_the_limits_of_api_gateway_ends_the_connection(
    client: ClientConnection, size: int, frames: int
) -> None:
    step = size // frames + 1
    with suppress(ConnectionClosed):  # it may come while there is more to send
        client.send([("x" * size)[at : at + step] for at in range(0, size, step)])
    with pytest.raises(ConnectionClosed) as closed:
        hear(client)
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 1009


def test_what_is_over_the_limit_of_the_protocol_is_refused(client: ClientConnection) -> None:
    client.send("x" * (MAX_FRAME - 10))
    assert problem(hear(client)) == "bad-message"


def test_messages_of_one_client_are_served_at_the_same_time(client: ClientConnection, upstream: Upstream) -> None:
    upstream.delays = {"weather": inf}
    ask(client)
    heard = [hear(client) for _ in range(2)]
    client.send("{")
    assert problem(hear(client)) == "bad-message"
    assert [each["source"] for each in heard] == ["geo", "rates"]
    upstream.held.set()
    assert [hear(client).get("source") for _ in range(2)] == ["weather", None]


def test_subscribers_who_went_without_a_word_cost_one_post_each_and_hold_nobody_up(
    gateway: ApiGateway, upstream: Upstream
) -> None:
    """A small crowd; `make soak` measures a large one."""
    config, table = config_of(TRIP), Table()
    fetches = dict.fromkeys(config.sources, upstream.fetch)
    gateway.make = lambda: MemoryFunction(table, gateway.post, config, fetches)
    held = asyncio.run(served_first(gateway, table, stay=7, go=3))
    assert len(held) == len(set(held)) == 3
    assert gateway.refused == [410] * 3


def test_a_client_that_goes_on_sending_too_many_messages_is_cut_off(
    client: ClientConnection, gateway: ApiGateway
) -> None:
    assert is_cut_off(client)
    assert set(gateway.refused) <= {410}
