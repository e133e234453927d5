"""A subscription counts for its endpoint's `client_limit`, under a server and behind API Gateway."""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from fanin.compose.client_limits import ClientLimits, limited
from fanin.contract.client_address import Proxies
from fanin.contract.client_limit import ClientCounts
from fanin.engine.call import Call, Fetch
from fanin.engine.catalogue import Catalogue
from fanin.engine.front_door import OPEN, FrontDoor
from fanin.engine.outcome import Outcome
from fanin.entrypoints.aws_lambda.handler import Observability
from fanin.entrypoints.fastapi.app import gateway_app
from fanin.entrypoints.websocket.connections import Connections
from fanin.entrypoints.websocket.handler import live_handler
from fanin.entrypoints.websocket.service import Service
from fanin.entrypoints.websocket.subject import Subjects
from fanin.testing.event import Context
from tests.unit.scenario import config_of
from tests.websocket.hearing import hear
from tests.websocket.memory import Table
from tests.websocket.server import serving

CONFIG = config_of("""
[sources.geo]
url = "https://geo.example/{city}"
[endpoints.trip]
path = "/trip/{city}"
sources = ["geo"]
client_limit = { calls = 2, per = "1h" }
[endpoints.free]
path = "/free/{city}"
sources = ["geo"]
""")


async def _answers(_: Call) -> Outcome[Any]:
    return Outcome({"lat": 1})


FETCHES: Mapping[str, Fetch] = {"geo": _answers}


def door(proxies: str = "") -> FrontDoor:
    return limited(OPEN, ClientLimits(Proxies.of(proxies), ClientCounts(time.time), time.monotonic))


def subscribe(number: int, endpoint: str = "trip") -> str:
    return json.dumps({"action": "subscribe", "id": f"{number}", "endpoint": endpoint, "params": {"city": "Lisbon"}})


def outcome(messages: list[dict[str, Any]]) -> str:
    last = messages[-1]
    return str(last["problem"]["type"].rpartition("/")[2] if last["type"] != "complete" else last["type"])


def test_under_a_server_subscriptions_count_with_requests_of_the_same_address() -> None:
    app = gateway_app(Catalogue(CONFIG), FETCHES, door=door("1"))

    def asked(connection: ClientConnection, number: int, endpoint: str = "trip") -> str:
        connection.send(subscribe(number, endpoint))
        messages = [hear(connection)]
        while messages[-1]["type"] == "source":
            messages.append(hear(connection))
        return outcome(messages)

    def connected(at: str, forwarded: str) -> ClientConnection:
        return connect(f"ws://{at}/live", additional_headers={"X-Forwarded-For": forwarded})

    with serving(app) as at:
        with connected(at, "203.0.113.1, 192.0.2.1") as one, connected(at, "203.0.113.2, 192.0.2.1") as other:
            assert asked(one, 1) == "complete"
            assert asked(other, 1) == "complete"
            assert asked(one, 2) == asked(other, 2) == "too-many-requests"
            assert asked(one, 3, "free") == "complete"
        with connected(at, "192.0.2.2") as third:
            assert asked(third, 1) == "complete"


class Post:
    """Keeps what is sent to clients."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []

    async def send(self, connection: str, text: str) -> None:
        assert connection
        self.heard.append(json.loads(text))

    async def close(self, connection: str) -> None:
        raise AssertionError(connection)


@pytest.mark.parametrize("identity", [True, False], ids=["with an address", "without one"])
def test_behind_api_gateway_the_address_is_its_own_word(*, identity: bool) -> None:
    loop, post, table = asyncio.new_event_loop(), Post(), Table()
    subjects = Subjects(Catalogue(CONFIG), FETCHES, door=door())
    handler = live_handler(
        Service(subjects, Connections(table, lambda: 1_800_000_000.0), post, table), Observability(), loop=loop
    )

    def asked(number: int, address: str) -> str:
        context: dict[str, Any] = {"eventType": "MESSAGE", "connectionId": f"c{number}", "requestId": "r"}
        context |= {"identity": {"sourceIp": address}} if identity else {}
        post.heard.clear()
        assert handler({"requestContext": context, "body": subscribe(number)}, Context()) == {"statusCode": 200}
        return outcome(post.heard)

    try:
        given = [asked(number, "192.0.2.1") for number in range(3)]
        assert given == ["complete", "complete", "too-many-requests"]
        assert asked(3, "192.0.2.2") == ("complete" if identity else "too-many-requests")
    finally:
        loop.close()
        asyncio.set_event_loop(None)
