"""The protocol under Uvicorn, spoken by somebody else's client as docs/websocket.md says."""

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from fanin.engine.call import Call, Fetch, Response, Runtime
from fanin.engine.catalogue import Catalogue
from fanin.engine.outcome import Outcome
from fanin.entrypoints.fastapi.app import gateway_app
from fanin.entrypoints.websocket.limits import MAX_MESSAGES, MAX_UNREAD
from fanin.policies.order import pipelines_of
from fanin.policies.steps import Shared
from tests.unit.scenario import config_of
from tests.websocket.hearing import hear
from tests.websocket.scenes import SUBSCRIBE, TRIP
from tests.websocket.server import serving

_WITHIN = 10.0
"""Seconds that anything may take."""


class Upstream:
    """Sources that answer when they are told to.

    Attributes:
        answered: those that have.
        cancelled: those whose call has been cancelled.
        held: those that wait for `release`.
        body: what they answer with.
    """

    def __init__(self) -> None:
        self.answered: set[str] = set()
        self.cancelled = threading.Event()
        self.release = threading.Event()
        self.held: set[str] = set()
        self.body = b'{"lat": 1, "cc": "PT"}'

    async def fetch(self, call: Call) -> Outcome[Any]:
        try:
            while call.source.name in self.held and not self.release.is_set():  # noqa: ASYNC110 - by another thread
                await asyncio.sleep(0.005)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        self.answered.add(call.source.name)
        return Outcome(Response(200, {"content-type": "application/json"}, self.body))


@pytest.fixture
def upstream() -> Upstream:
    return Upstream()


@pytest.fixture
def client(upstream: Upstream) -> Iterator[ClientConnection]:
    config = config_of(TRIP)
    fetches: dict[str, Fetch] = dict.fromkeys(config.sources, upstream.fetch)
    app = gateway_app(Catalogue(config), pipelines_of(config.sources, fetches, Shared(Runtime())))
    with serving(app) as at, connect(f"ws://{at}/live") as connection:
        yield connection


def ask(client: ClientConnection, **changes: Any) -> None:
    client.send(json.dumps({**SUBSCRIBE, **changes}))


def test_the_first_source_is_there_at_once_while_the_slowest_is_out(
    client: ClientConnection, upstream: Upstream
) -> None:
    upstream.held = {"weather"}
    ask(client)
    first = hear(client)
    assert (first["source"], first["n"]) == ("geo", 1)
    assert "weather" not in upstream.answered
    assert hear(client)["source"] == "rates"
    upstream.release.set()
    assert hear(client)["source"] == "weather"
    assert hear(client)["type"] == "complete"


def test_a_client_that_goes_ends_the_calls_made_for_it(client: ClientConnection, upstream: Upstream) -> None:
    upstream.held = {"weather"}
    ask(client)
    hear(client)
    client.close()
    assert upstream.cancelled.wait(_WITHIN)


def test_binary_messages_are_read_as_texts(client: ClientConnection) -> None:
    client.send(json.dumps(SUBSCRIBE).encode())
    assert hear(client)["source"] == "geo"


def test_a_message_over_the_protocols_limit_is_refused(client: ClientConnection) -> None:
    client.send("x" * 20_000)
    assert hear(client)["problem"]["type"].endswith("/bad-message")


def test_a_message_over_the_servers_limit_ends_the_connection_as_api_gateway_does(client: ClientConnection) -> None:
    client.send("x" * 200_000)
    with pytest.raises(ConnectionClosed) as closed:
        hear(client)
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 1009


def test_two_connections_do_not_hear_each_other(client: ClientConnection) -> None:
    with connect(f"ws://{client.remote_address[0]}:{client.remote_address[1]}/live") as other:
        ask(other, id="other")
        ask(client)
        assert {hear(other)["id"] for _ in range(4)} == {"other"}
        assert {hear(client)["id"] for _ in range(4)} == {"a"}


def test_a_client_that_goes_on_sending_too_many_messages_is_cut_off(client: ClientConnection) -> None:
    """It hears `too-many-messages` some times first, and then why the connection ends."""
    for _ in range(MAX_MESSAGES + MAX_UNREAD + 1):
        client.send("{")
    heard = [hear(client)["problem"]["type"].rpartition("/")[2] for _ in range(MAX_MESSAGES + MAX_UNREAD)]
    assert heard == ["bad-message"] * MAX_MESSAGES + ["too-many-messages"] * MAX_UNREAD
    with pytest.raises(ConnectionClosed) as closed:
        client.recv(_WITHIN)
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 1008
